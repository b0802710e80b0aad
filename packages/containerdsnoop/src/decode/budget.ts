/** How much may be held in memory; a budget within another one takes from both. */
export class Budget {
  #limit: number;
  #parent: Budget | null;
  #used = 0;
  #isClosed = false;

  constructor(limit: number, parent: Budget | null = null) {
    this.#limit = limit;
    this.#parent = parent;
  }

  get used(): number {
    return this.#used;
  }

  /** Whether so many more bytes may be held; they count as held then. */
  take(bytes: number): boolean {
    if (this.#isClosed || this.#used + bytes > this.#limit) return false;
    if (this.#parent !== null && !this.#parent.take(bytes)) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    if (this.#isClosed) return;
    this.#used -= bytes;
    this.#parent?.release(bytes);
  }

  /** Gives back everything that is still held, for good. */
  close(): void {
    this.release(this.#used);
    this.#isClosed = true;
  }
}

/** What each connection may hold whatever others do: so much shows what it is, and where a frame begins. */
const FREE_BYTES = 4096;

/** The part of a growing buffer that counts; the first bytes never do, so that nobody is locked out. */
export class GrowingShare {
  #budget: Budget;
  #length = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Whether the buffer may have this length; it counts then. */
  resize(length: number): boolean {
    const more = counted(length) - counted(this.#length);
    if (more > 0 && !this.#budget.take(more)) return false;
    if (more < 0) this.#budget.release(-more);
    this.#length = length;
    return true;
  }
}

const counted = (length: number) => Math.max(0, length - FREE_BYTES);
