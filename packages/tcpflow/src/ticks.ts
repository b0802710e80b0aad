const TICK = Symbol('tick');

/**
 * What `batches` yields, and undefined whenever an interval is over; ends with the batches. Nothing
 * is asked for before what was yielded has been dealt with.
 */
export async function* withTicks<T>(
  batches: AsyncIterable<T>,
  intervalMs: number | undefined,
): AsyncGenerator<T | undefined, void, void> {
  if (intervalMs === undefined) {
    yield* batches;
    return;
  }
  const clock = new Clock(intervalMs);
  const iterator = batches[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const result = await Promise.race([next, clock.tick]);
      if (result === TICK) {
        yield undefined;
        clock.restart();
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = iterator.next();
    }
  } finally {
    clock.stop();
    await iterator.return?.();
  }
}

/** Ticks at multiples of the interval since the start, however long the work between takes. */
class Clock {
  tick: Promise<typeof TICK> = new Promise(() => {});
  readonly #intervalMs: number;
  #dueMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.restart();
  }

  restart(): void {
    const now = performance.now();
    // A timer may be early: what it was for is over nevertheless.
    const missed = Math.max(Math.floor((now - this.#dueMs) / this.#intervalMs), 0);
    this.#dueMs += (missed + 1) * this.#intervalMs;
    this.tick = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(TICK), this.#dueMs - now);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
