/** Sizes that are kept, as powers of two: 1 KiB to 2 MiB. Layers are written in messages of 1 MiB. */
const FIRST_POWER = 10;
const LAST_POWER = 21;
/** Of each size so many bytes, and at least two: 26 MiB in all. */
const KEPT_BYTES = 2 << 20;

const kept: Buffer[][] = Array.from({ length: LAST_POWER - FIRST_POWER + 1 }, () => []);

/** Memory of at least this size. What it holds is whatever was in it before. */
export function takeBuffer(size: number): Buffer {
  const power = Math.max(FIRST_POWER, 32 - Math.clz32(size - 1));
  const found = kept[power - FIRST_POWER]?.pop();
  if (found !== undefined) return found;
  return Buffer.allocUnsafeSlow(power <= LAST_POWER ? 2 ** power : size);
}

/** Memory that nobody looks at any more; without it, half of the time goes into collecting it. */
export function giveBuffer(buffer: Uint8Array): void {
  const power = 31 - Math.clz32(buffer.length);
  const same = kept[power - FIRST_POWER];
  if (same === undefined || buffer.length !== 2 ** power) return;
  if (same.length < Math.max(2, KEPT_BYTES / buffer.length)) same.push(buffer as Buffer);
}
