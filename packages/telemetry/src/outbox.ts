/** Rows on their way, as lines of JSON. */
export interface Parcel {
  readonly id: number;
  readonly pieces: readonly Uint8Array[];
  readonly rows: number;
}

/** How much waits here at most; what comes then is refused, so that a dead collector costs no memory. */
export const MAX_WAITING_BYTES = 8 << 20;
/** How much is sent in one request. */
const PARCEL_BYTES = 256 << 10;
/** Requests under way at once. */
export const MAX_UNDER_WAY = 4;

/**
 * Rows that wait for the collector: bounded in bytes, sent in parcels as large as the collector's
 * slowness makes them.
 */
export class Outbox {
  readonly #send: (parcel: Parcel) => void;
  readonly #underWay = new Map<number, number>();
  #waiting: { bytes: Uint8Array; rows: number }[] = [];
  #waitingBytes = 0;
  #ids = 0;
  #wakeDrained: () => void = () => {};
  #closed = false;
  /** Rows that the collector has. */
  sent = 0;
  /** Rows that it will not get: it refused them, or there was no time left. */
  failed = 0;
  /** Rows for which there was no room. */
  refused = 0;

  /** @param send takes a parcel to the collector, and answers with `settle()` */
  constructor(send: (parcel: Parcel) => void) {
    this.#send = send;
  }

  get isFull(): boolean {
    return this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  /** Bytes that wait, without those under way. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Counts a row that finds no room; those who write rows ask `isFull` before. */
  refuse(): void {
    this.refused++;
  }

  /** Takes lines; the bytes are the outbox's from now on. */
  add(bytes: Uint8Array, rows: number): void {
    if (this.#closed || this.#waitingBytes + bytes.length > MAX_WAITING_BYTES + PARCEL_BYTES) {
      this.refused += rows;
      return;
    }
    this.#waiting.push({ bytes, rows });
    this.#waitingBytes += bytes.length;
    this.#ship();
  }

  /**
   * A parcel has been dealt with.
   *
   * @param notTaken its lines that the collector has not; some may tell of losses and be no rows
   */
  settle(id: number, notTaken: number): void {
    const rows = this.#underWay.get(id);
    if (rows === undefined) return;
    this.#underWay.delete(id);
    const failed = Math.min(notTaken, rows);
    this.failed += failed;
    this.sent += rows - failed;
    this.#ship();
    if (this.#isEmpty) this.#wakeDrained();
  }

  /** Resolves when nothing waits and nothing is under way. */
  drained(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeDrained = resolve;
    });
  }

  /** Gives up what has not been answered. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const rows of this.#underWay.values()) this.failed += rows;
    for (const { rows } of this.#waiting) this.failed += rows;
    this.#underWay.clear();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#wakeDrained();
  }

  get #isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#underWay.size === 0;
  }

  #ship(): void {
    while (this.#waiting.length > 0 && this.#underWay.size < MAX_UNDER_WAY) {
      const pieces: Uint8Array[] = [];
      let rows = 0;
      let bytes = 0;
      for (const next of this.#waiting) {
        if (pieces.length > 0 && bytes + next.bytes.length > PARCEL_BYTES) break;
        pieces.push(next.bytes);
        rows += next.rows;
        bytes += next.bytes.length;
      }
      this.#waiting.splice(0, pieces.length);
      this.#waitingBytes -= bytes;
      const id = ++this.#ids;
      this.#underWay.set(id, rows);
      this.#send({ id, pieces, rows });
    }
  }
}
