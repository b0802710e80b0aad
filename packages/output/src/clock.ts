const NS_PER_S = 1_000_000_000;
const NS_PER_MS = 1_000_000n;

/** A step of the wall clock (set by hand, or a suspend) smaller than this is left alone. */
const STEP_MS = 10;

/**
 * Turns the kernel's event times (nanoseconds of CLOCK_MONOTONIC, below 2^53 for 104 days of uptime
 * and within 2 ns beyond) into wall-clock time. The result is left in `second` and `nanosecond`,
 * because an object per event would cost more than the conversion.
 */
export class Clock {
  /** Seconds since the epoch of the time set last. */
  second = 0;
  /** Nanoseconds within that second, 0 to 999,999,999. */
  nanosecond = 0;
  #offsetSecond = 0;
  #offsetNanosecond = 0;
  #checkedMs = 0;

  constructor() {
    this.#anchor();
  }

  /** Converts a monotonic time. */
  set(monotonicNs: number): void {
    const second = Math.floor(monotonicNs / NS_PER_S);
    const nanosecond = monotonicNs - second * NS_PER_S + this.#offsetNanosecond;
    const carry = nanosecond >= NS_PER_S ? 1 : 0;
    this.second = second + this.#offsetSecond + carry;
    this.nanosecond = nanosecond - carry * NS_PER_S;
  }

  /**
   * Follows a wall clock that was set, or a suspend, during which CLOCK_MONOTONIC stands still.
   * Call it once per batch: it looks once a second.
   */
  follow(nowMs = Date.now(), monotonic = process.hrtime.bigint()): void {
    if (Math.abs(nowMs - this.#checkedMs) < 1000) return;
    this.#checkedMs = nowMs;
    this.set(Number(monotonic));
    const step = nowMs - (this.second * 1000 + this.nanosecond / 1e6);
    if (Math.abs(step) > STEP_MS) this.#setOffset(BigInt(nowMs) * NS_PER_MS - monotonic);
  }

  /** performance.timeOrigin has microseconds, where Date.now() has milliseconds. */
  #anchor(): void {
    const nowUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
    this.#setOffset(BigInt(nowUs) * 1000n - process.hrtime.bigint());
    this.#checkedMs = nowUs / 1000;
  }

  /** @param offset nanoseconds from the monotonic clock to the wall clock */
  #setOffset(offset: bigint): void {
    this.#offsetSecond = Number(offset / BigInt(NS_PER_S));
    this.#offsetNanosecond = Number(offset % BigInt(NS_PER_S));
  }
}

/** The one clock of this process. */
export const clock = new Clock();
