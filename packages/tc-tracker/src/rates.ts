import type { Session } from './event.js';

/** What sessions have carried since the picture before. */
export class Rates {
  #before = new Map<string, number>();
  #beforeNs: number;
  #now = new Map<string, number>();

  /** @param beginNs when counting began */
  constructor(beginNs: number) {
    this.#beforeNs = beginNs;
  }

  /**
   * Bytes per second of a session, both ways, for the picture that is being made.
   *
   * @returns null for one that was there before it was first seen: nobody knows since when it
   *   carried what it has
   */
  of(session: Session, nowNs: number): number | null {
    const { key, tx, rx, end, beginNs } = session;
    const bytes = tx.bytes + rx.bytes;
    if (end === null) this.#now.set(key, bytes);
    // Ports that are used again belong to another session.
    const isNew = beginNs >= this.#beforeNs;
    const before = isNew ? 0 : this.#before.get(key);
    if (before === undefined) return null;
    const seconds = Math.max(nowNs - this.#beforeNs, 1) / 1e9;
    return Math.round(Math.max(bytes - before, 0) / seconds);
  }

  /** The picture is complete. */
  next(nowNs: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#beforeNs = nowNs;
  }
}
