import { endianness } from 'node:os';
import { BpfError } from './errors.js';

const LITTLE = endianness() === 'LE';

/**
 * An integer as the `size` bytes that C has for it on this machine.
 * @throws BpfError BPF_INVALID_ARGUMENT when it does not fit
 */
export function integerBytes(value: number | bigint, size: number, what: string): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
  const number = whole ? BigInt(value) : 0n;
  const bits = BigInt(size * 8);
  const fits = number >= -(1n << (bits - 1n)) && number < 1n << bits;
  if (!whole || !fits || ![1, 2, 4, 8].includes(size)) {
    throw new BpfError(
      'BPF_INVALID_ARGUMENT',
      `${what} must be a whole number of ${size} bytes, not ${value}`,
      { hint: 'Give bytes for anything else than an integer of 1, 2, 4 or 8 bytes.' },
    );
  }
  if (size === 1) view.setUint8(0, Number(BigInt.asUintN(8, number)));
  else if (size === 2) view.setUint16(0, Number(BigInt.asUintN(16, number)), LITTLE);
  else if (size === 4) view.setUint32(0, Number(BigInt.asUintN(32, number)), LITTLE);
  else view.setBigUint64(0, BigInt.asUintN(64, number), LITTLE);
  return bytes;
}
