import type { Batch, Cursor, InterfaceWatch, Lost, Tracer } from '@imagesnoop/loader';
import type { SessionRow } from './columns.js';
import type { Session, SessionReader } from './event.js';
import { Rates } from './rates.js';
import { durationNs, type SessionTable } from './session-table.js';
import { Waker } from './waker.js';

/** How the sessions of a table become rows. */
export interface Following {
  readonly tracer: Tracer;
  readonly watch: InterfaceWatch;
  readonly reader: SessionReader;
  readonly table: SessionTable;
  readonly intervalMs: number;
  /** Rejects when interfaces are no longer attended to. */
  readonly failed: Promise<never>;
  /** Makes the rows of a picture from what there is. */
  arrange(rows: SessionRow[]): SessionRow[];
  isShown(session: Session): boolean;
  onEnded(row: SessionRow): void;
  /** The line above a picture. */
  heading(): string;
}

/** Rows that come together; with a heading, if they are the picture of a moment. */
export interface Rows extends Batch<SessionRow> {
  readonly snapshot?: { readonly heading: string };
}

/** How often it is asked whether sessions have ended. */
const TICK_MS = 250;
/** Ended sessions that wait for the next picture at most; more go out at once. */
const MOST_WAITING = 4096;

const now = (): number => Number(process.hrtime.bigint());

/**
 * Batches: a picture at each interval, in it the sessions that are open and those that ended since the
 * last one; between pictures only what would not wait. When `signal` aborts the programs are detached
 * first, so that the last picture has the final numbers.
 */
export async function* follow(
  what: Following,
  signal: AbortSignal,
): AsyncGenerator<Rows, void, void> {
  const { tracer, watch, intervalMs, failed } = what;
  const sorter = new Sorter(what);
  const waker = new Waker();
  const end = new AbortController();
  const records = new Records(tracer.batches(end.signal), () => waker.ring());
  let failure: unknown;
  failed.catch((error: unknown) => {
    failure = error;
    waker.ring();
  });
  const ring = (): void => waker.ring();
  signal.addEventListener('abort', ring, { once: true });
  const ticker = setInterval(ring, Math.min(TICK_MS, intervalMs));
  let dueMs = performance.now() + intervalMs;
  try {
    while (!signal.aborted) {
      await waker.sleep();
      if (failure !== undefined) throw failure;
      sorter.take(records.take(what.reader));
      const isDue = performance.now() >= dueMs;
      if (isDue) dueMs = Math.max(dueMs + intervalMs, performance.now());
      if (signal.aborted) break;
      const batch = sorter.look(isDue, false);
      if (batch !== undefined) yield batch;
      await records.next();
    }
    await watch.close();
    end.abort();
    for (;;) {
      sorter.take(records.take(what.reader));
      if (await records.isOver()) break;
    }
    const last = sorter.look(true, true);
    if (last !== undefined) yield last;
  } finally {
    clearInterval(ticker);
    signal.removeEventListener('abort', ring);
    end.abort();
    await records.close();
  }
}

/** Reads batches of another loop, one ahead. */
class Records {
  readonly #batches: AsyncIterator<Batch<Cursor>>;
  readonly #onArrival: () => void;
  #arrived: Batch<Cursor> | undefined;
  #next: Promise<void>;
  #over = false;
  #failure: unknown;

  constructor(batches: AsyncIterable<Batch<Cursor>>, onArrival: () => void) {
    this.#batches = batches[Symbol.asyncIterator]();
    this.#onArrival = onArrival;
    this.#next = this.#ask();
  }

  /** Sessions of the batch that has arrived, and losses. */
  take(reader: SessionReader): { sessions: Session[]; lost: readonly Lost[] } {
    if (this.#failure !== undefined) throw this.#failure;
    const batch = this.#arrived;
    if (batch === undefined) return { sessions: [], lost: [] };
    const sessions = Array.from(batch.rows, (row) => reader.ofRecord(row));
    return { sessions, lost: batch.lost };
  }

  /** Asks for the next batch once this one has been taken. */
  async next(): Promise<void> {
    if (this.#arrived === undefined || this.#over) return;
    this.#arrived = undefined;
    this.#next = this.#ask();
  }

  /** Goes on to the next batch; true when there is none. */
  async isOver(): Promise<boolean> {
    await this.next();
    await this.#next;
    return this.#over;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  async #ask(): Promise<void> {
    try {
      const { done, value } = await this.#batches.next();
      this.#over = done === true;
      this.#arrived = done === true ? undefined : value;
    } catch (error) {
      this.#over = true;
      this.#failure = error;
    }
    this.#onArrival();
  }
}

/** Turns sessions into rows, and keeps those that ended for the next picture. */
class Sorter {
  readonly #what: Following;
  readonly #rates = new Rates(now());
  #ended: SessionRow[] = [];
  #lost: Lost[] = [];

  constructor(what: Following) {
    this.#what = what;
  }

  take({ sessions, lost }: { sessions: readonly Session[]; lost: readonly Lost[] }): void {
    for (const session of sessions) {
      // It fell silent, and another one took its place.
      this.#end(session.end === null ? { ...session, end: 'silence' } : session);
    }
    this.#lost.push(...lost);
  }

  /** Looks at the table if there may be something to see. */
  look(isDue: boolean, final: boolean): Rows | undefined {
    const { table, arrange, isShown, heading } = this.#what;
    const nowNs = now();
    const open: SessionRow[] = [];
    if (isDue || table.hasNews) {
      const found = table.look(nowNs, { open: isDue, final });
      for (const session of found.ended) this.#end(session);
      for (const session of found.open)
        if (isShown(session)) open.push(this.#row(session, 'interval', nowNs));
    }
    const lost = [...this.#lost, ...(isDue ? table.takeLost() : [])];
    this.#lost = [];
    if (isDue) {
      const rows = arrange([...open, ...this.#rated(nowNs)]);
      this.#rates.next(nowNs);
      return { rows, lost, snapshot: { heading: heading() } };
    }
    const rows = this.#ended.length >= MOST_WAITING ? this.#rated(nowNs) : [];
    return rows.length > 0 || lost.length > 0 ? { rows, lost } : undefined;
  }

  /** Those that ended, with rates of the same time as those that go on. */
  #rated(nowNs: number): SessionRow[] {
    return this.#ended.splice(0).map((row) => ({ ...row, bytesPerS: this.#rates.of(row, nowNs) }));
  }

  #end(session: Session): void {
    if (!this.#what.isShown(session)) return;
    const row = this.#row(session, 'end', 0);
    this.#what.onEnded(row);
    this.#ended.push(row);
  }

  #row(session: Session, when: SessionRow['when'], nowNs: number): SessionRow {
    return {
      ...session,
      when,
      durationNs: durationNs(session, nowNs),
      bytesPerS: when === 'end' ? null : this.#rates.of(session, nowNs),
      interfaceName: this.#what.watch.nameOf(session.netns, session.ifindex) ?? null,
    };
  }
}
