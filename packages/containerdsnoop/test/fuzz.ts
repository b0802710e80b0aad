import { Random } from './decode/random.js';

/** A seed with some of its bytes changed, replaced, left out, doubled or cut. */
export function mutant(seeds: readonly Buffer[], random: Random): Buffer {
  let bytes = Buffer.from(random.pick(seeds));
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length + 1);
    const other = random.pick(seeds);
    const from = random.below(other.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const byte = Buffer.from([random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])]);
    bytes = random.pick([
      () => Buffer.concat([before, byte, after.subarray(1)]),
      () => Buffer.concat([before, other.subarray(from, from + random.below(40)), after]),
      () => Buffer.concat([before, after.subarray(random.below(9))]),
      () => Buffer.concat([bytes, after.subarray(0, 200)]),
      () => before,
    ])();
  }
  return bytes.subarray(0, 1 << 16);
}

/**
 * Tries mutants one by one; what fails is told with the input.
 *
 * @param count in each run of the tests; `npm run fuzz` makes a longer one, from another seed
 */
export function fuzz(
  seeds: readonly Buffer[],
  count: number,
  attempt: (input: Buffer, random: Random) => void,
): void {
  const random = new Random(Number(process.env.FUZZ_SEED ?? 1));
  const runs = Number(process.env.FUZZ_RUNS ?? count);
  for (let i = 0; i < runs; i++) {
    const input = mutant(seeds, random);
    const start = performance.now();
    try {
      attempt(input, random);
    } catch (error) {
      throw new Error(`input ${i}: ${input.toString('hex')}`, { cause: error });
    }
    const took = performance.now() - start;
    // A collection of garbage may fall into one input, and machines are shared.
    if (took > 5000) throw new Error(`input ${i} took ${took} ms: ${input.toString('hex')}`);
  }
}
