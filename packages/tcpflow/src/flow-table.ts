import { Cursor, type Layout, type Lost, type Tracer } from '@imagesnoop/loader';
import { EVENT, type FlowReaders } from './event.js';

/** What comes first in a table. */
export type FlowOrder = 'count' | 'mtbs' | 'pid';

export interface FlowSelection {
  readonly sort: FlowOrder;
  /** Flows of each table. */
  readonly top: number;
}

const HINT = 'There are more flows than the table keeps; ask for fewer with -p, -P or --container.';

/** Reads the flows that the kernel counts. */
export class FlowTable {
  readonly #tracer: Tracer;
  readonly #layout: Layout;
  readonly #read: FlowReaders;
  #lost = 0;
  #flows = 0;
  #counted = 0;

  constructor(tracer: Tracer, layout: Layout, read: FlowReaders) {
    this.#tracer = tracer;
    this.#layout = layout;
    this.#read = read;
  }

  /**
   * The flows as they are, those of connect() first, and the calls of flows that had to leave the
   * table since this was asked last. Calls that go on meanwhile may be in neither.
   */
  take({ sort, top }: FlowSelection): { rows: Iterable<Cursor>; lost: readonly Lost[] } {
    // Before the flows, so that a call made meanwhile is not taken for a lost one.
    const made = this.#calls();
    const values = [...this.#tracer.map('flows').entries()].map(([, value]) => value);
    const cursor = Cursor.over(Buffer.concat(values));
    const { size } = this.#layout;
    const all = values.map((_, index) => this.#summarise(cursor, index * size));
    const sorted = all.filter(({ count }) => count > 0).sort(ORDERS[sort]);
    this.#flows = sorted.length;
    this.#counted = sorted.reduce((sum, { count }) => sum + count, 0);
    const ofCall = (call: number) => sorted.filter((one) => one.call === call).slice(0, top);
    const bases = [...ofCall(EVENT.connect), ...ofCall(EVENT.accept)].map(({ base }) => base);
    return { rows: walk(cursor, bases, size), lost: this.#newlyLost(made - this.#counted) };
  }

  /** What was taken last, whatever of it was shown: `3 flows, 21 calls, 0 calls lost`. */
  summary(): string {
    const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
    const lost = `${plural(this.#lost, 'call')} lost`;
    return `${plural(this.#flows, 'flow')}, ${plural(this.#counted, 'call')}, ${lost}`;
  }

  #summarise(cursor: Cursor, base: number): Summary {
    const { owner, call, count, mtbs } = this.#read;
    cursor.base = base;
    return {
      base,
      call: call(cursor),
      count: count(cursor),
      mtbs: mtbs(cursor) ?? Number.POSITIVE_INFINITY,
      pid: owner.pid(cursor),
    };
  }

  #newlyLost(total: number): readonly Lost[] {
    const count = total - this.#lost;
    if (count <= 0) return [];
    this.#lost = total;
    return [{ count, cause: 'map_full', total, hint: HINT }];
  }

  /** Calls that the kernel was to count. */
  #calls(): number {
    const perCpu = this.#tracer.map('calls').lookupPerCpu(0);
    return perCpu.reduce(
      (sum, { buffer, byteOffset }) =>
        sum + Number(new DataView(buffer, byteOffset).getBigUint64(0, true)),
      0,
    );
  }
}

/** What rows are sorted by, and where the row is. */
interface Summary {
  readonly base: number;
  readonly call: number;
  readonly count: number;
  readonly mtbs: number;
  readonly pid: number;
}

const ORDERS: Readonly<Record<FlowOrder, (a: Summary, b: Summary) => number>> = {
  count: (a, b) => b.count - a.count || a.pid - b.pid,
  // Two flows of one call each have no time between calls, and their difference is no number.
  mtbs: (a, b) => (a.mtbs === b.mtbs ? b.count - a.count : a.mtbs - b.mtbs),
  pid: (a, b) => a.pid - b.pid || b.count - a.count,
};

function* walk(cursor: Cursor, bases: readonly number[], size: number): Generator<Cursor> {
  cursor.length = size;
  for (const base of bases) {
    cursor.base = base;
    yield cursor;
  }
}
