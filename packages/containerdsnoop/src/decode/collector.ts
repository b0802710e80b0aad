import type { Budget } from './budget.js';
import { giveBuffer, takeBuffer } from './buffer-pool.js';

const SMALLEST = 1024;
const EMPTY = new Uint8Array(0);

/**
 * Collects the beginning of something that comes in pieces: up to a limit, within a budget, and only
 * as far as nothing is missing.
 */
export class Collector {
  #budget: Budget;
  #limit: number;
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  #whole = true;

  constructor(budget: Budget, limit: number) {
    this.#budget = budget;
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Whether everything that was added is there. */
  get whole(): boolean {
    return this.#whole;
  }

  /** What was collected: valid until the next call. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @returns how many bytes were kept */
  add(piece: Uint8Array): number {
    if (!this.#whole || piece.length === 0) return 0;
    const kept = Math.min(piece.length, this.#limit - this.#length);
    if (this.#length + kept > this.#bytes.length && !this.#grow(this.#length + kept)) {
      this.#whole = false;
      return 0;
    }
    this.#bytes.set(kept === piece.length ? piece : piece.subarray(0, kept), this.#length);
    this.#length += kept;
    if (kept < piece.length) this.#whole = false;
    return kept;
  }

  /** Something was not seen: what comes behind it is not collected. */
  break(): void {
    this.#whole = false;
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    this.#whole = true;
    if (this.#bytes === EMPTY) return;
    this.#budget.release(this.#bytes.length);
    giveBuffer(this.#bytes);
    this.#bytes = EMPTY;
    this.#length = 0;
  }

  #grow(needed: number): boolean {
    const size = Math.min(this.#limit, Math.max(SMALLEST, needed, 2 * this.#bytes.length));
    const larger = takeBuffer(size);
    if (!this.#budget.take(larger.length - this.#bytes.length)) {
      giveBuffer(larger);
      return false;
    }
    larger.set(this.#bytes.subarray(0, this.#length));
    giveBuffer(this.#bytes);
    this.#bytes = larger;
    return true;
  }
}
