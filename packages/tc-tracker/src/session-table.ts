import type { Lost, Tracer } from '@imagesnoop/loader';
import { COUNT, type Session, type SessionReader } from './event.js';

/** How long a session stays in the table after its end: the last ACK, and what is sent again. */
const LINGER_NS = 5e8;

const EVICTED_HINT = 'Give the table more room (--max-sessions) or watch fewer interfaces.';

/** What one look at the table found. */
export interface Look {
  /** Sessions that are over; they have been taken out of the table. */
  readonly ended: Session[];
  /** Those that go on. Empty unless asked for. */
  readonly open: Session[];
  /** Some are over but linger. */
  readonly lingering: boolean;
}

/**
 * The kernel's table of sessions. Sessions leave it here, some time after their end or when they have
 * been silent for too long; those that the kernel took out for want of room are counted.
 */
export class SessionTable {
  readonly #tracer: Tracer;
  readonly #read: SessionReader;
  readonly #idleNs: number;
  #deleted = 0;
  #evicted = 0;
  #evictedTold = 0;
  #endedSeen = -1;
  #lingering = false;

  /** @param idleMs silence after which a session counts as ended */
  constructor(tracer: Tracer, read: SessionReader, idleMs: number) {
    this.#tracer = tracer;
    this.#read = read;
    this.#idleNs = idleMs * 1e6;
  }

  /** Whether a look would find sessions that ended: costs one system call. */
  get hasNews(): boolean {
    return this.#lingering || this.count(COUNT.ended) !== this.#endedSeen;
  }

  /**
   * @param final the programs are detached: nothing lingers any more
   */
  look(nowNs: number, { open: wantsOpen = false, final = false } = {}): Look {
    this.#endedSeen = this.count(COUNT.ended);
    const gone = this.count(COUNT.created) - this.count(COUNT.replaced) - this.#deleted;
    const map = this.#tracer.map('sessions');
    const ended: Session[] = [];
    const open: Session[] = [];
    let lingering = false;
    let present = 0;
    for (const [key, value] of map.entries()) {
      present++;
      const session = this.#read.ofEntry(key, value);
      const isOver = session.end !== null;
      if (isOver && !final && nowNs - endNs(session) < LINGER_NS) {
        lingering = true;
        continue;
      }
      const isSilent = !isOver && nowNs - session.lastNs > this.#idleNs;
      if (!isOver && !isSilent) {
        if (wantsOpen) open.push(session);
        continue;
      }
      // What came since the walk read it counts, too.
      const latest = map.lookup(key) ?? value;
      if (map.delete(key)) this.#deleted++;
      const last = this.#read.ofEntry(key, latest);
      ended.push(last.end === null ? { ...last, end: 'silence' } : last);
    }
    this.#evicted = Math.max(this.#evicted, gone - present);
    this.#lingering = lingering;
    return { ended, open, lingering };
  }

  /** Sessions that the kernel took out, since the last call. */
  takeLost(): readonly Lost[] {
    const count = this.#evicted - this.#evictedTold;
    if (count <= 0) return [];
    this.#evictedTold = this.#evicted;
    return [{ count, cause: 'map_full', total: this.#evicted, hint: EVICTED_HINT }];
  }

  /** One of the kernel's counters, all CPUs together. */
  count(which: number): number {
    let sum = 0;
    for (const value of this.#tracer.map('counts').lookupPerCpu(which)) {
      sum += Number(new DataView(value.buffer, value.byteOffset).getBigInt64(0, true));
    }
    return sum;
  }
}

/** When a session ended; of one that goes on, its last packet. */
export function endNs({ end, rstNs, txFinNs, rxFinNs, lastNs }: Session): number {
  if (end === 'fin') return Math.max(txFinNs, rxFinNs);
  return end === 'rst' ? rstNs : lastNs;
}

/**
 * From the client's SYN to the server's FIN, or to what ended it otherwise. Of one that began before
 * we looked, or that goes on, what has been seen of it.
 */
export function durationNs(session: Session, nowNs: number): number {
  const { end, opener, txFinNs, rxFinNs, beginNs } = session;
  if (end === null) return Math.max(nowNs - beginNs, 0);
  if (end === 'fin' && opener !== null) return (opener === 'local' ? rxFinNs : txFinNs) - beginNs;
  return endNs(session) - beginNs;
}
