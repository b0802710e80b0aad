const HEX = Buffer.from('0123456789abcdef');
const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;

/** Writes the dotted form of the 4 bytes at `at` and returns the offset behind it. */
export function writeIpv4(to: Uint8Array, offset: number, from: Uint8Array, at: number): number {
  let end = offset;
  for (let i = 0; i < 4; i++) {
    if (i > 0) to[end++] = DOT;
    const byte = from[at + i] as number;
    const hundreds = (byte / 100) | 0;
    const tens = ((byte / 10) | 0) - hundreds * 10;
    if (hundreds > 0) to[end++] = ZERO + hundreds;
    if (hundreds > 0 || tens > 0) to[end++] = ZERO + tens;
    to[end++] = ZERO + byte - hundreds * 100 - tens * 10;
  }
  return end;
}

/**
 * Writes the 16 bytes at `at` as RFC 5952 section 4 has it (lower case, no leading zeros, the first
 * longest run of two or more zero groups as `::`), an IPv4-mapped address as IPv4, and returns the
 * offset behind it.
 */
export function writeIpv6(to: Uint8Array, offset: number, from: Uint8Array, at: number): number {
  if (isIpv4Mapped(from, at)) return writeIpv4(to, offset, from, at + 12);
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let zeros = 0;
    while (i + zeros < 8 && group(from, at, i + zeros) === 0) zeros++;
    if (zeros > runLength) {
      runStart = i;
      runLength = zeros;
    }
    i += zeros;
  }
  let end = offset;
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      to[end++] = COLON;
      to[end++] = COLON;
      i += runLength - 1;
      continue;
    }
    if (i > 0 && to[end - 1] !== COLON) to[end++] = COLON;
    end = writeGroup(to, end, group(from, at, i));
  }
  return end;
}

const scratch = Buffer.alloc(40);

/** The text of an address of 4 or 16 bytes at `at`. */
export function ipText(from: Uint8Array, at: number, length: 4 | 16): string {
  const end = length === 4 ? writeIpv4(scratch, 0, from, at) : writeIpv6(scratch, 0, from, at);
  return scratch.toString('latin1', 0, end);
}

function group(from: Uint8Array, at: number, index: number): number {
  return ((from[at + 2 * index] as number) << 8) | (from[at + 2 * index + 1] as number);
}

function writeGroup(to: Uint8Array, offset: number, value: number): number {
  let end = offset;
  for (let shift = 12; shift >= 0; shift -= 4) {
    if (shift === 0 || value >> shift !== 0) to[end++] = HEX[(value >> shift) & 15] as number;
  }
  return end;
}

function isIpv4Mapped(from: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (from[at + i] !== 0) return false;
  return from[at + 10] === 0xff && from[at + 11] === 0xff;
}
