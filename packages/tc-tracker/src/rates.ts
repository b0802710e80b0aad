import type { Session } from './event.js';

const bytesOf = ({ tx, rx }: Session): number => tx.bytes + rx.bytes;

/** What each session has carried since the picture before. */
export class Rates {
  #before = new Map<string, number>();
  #beforeNs = 0;
  #now = new Map<string, number>();

  /**
   * Bytes per second of a session, both ways.
   *
   * @returns null for a session that was there before the first picture, for which nothing is known
   */
  of(session: Session, nowNs: number): number | null {
    const bytes = bytesOf(session);
    if (session.end === null) this.#now.set(session.key, bytes);
    const before = this.#before.get(session.key);
    // A session that began since then has carried all it has since then.
    const isNew = before === undefined && session.beginNs >= this.#beforeNs;
    if (this.#beforeNs === 0 || (before === undefined && !isNew)) return null;
    const carried = Math.max(bytes - (before ?? 0), 0);
    return Math.round((carried * 1e9) / Math.max(nowNs - this.#beforeNs, 1));
  }

  /** The picture is complete. */
  next(nowNs: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#beforeNs = nowNs;
  }
}
