/** A field of a protobuf message: `value` for varints, `bytes` for what has a length. */
export interface WireField {
  number: number;
  value: number;
  bytes: Uint8Array | null;
  /** Bytes of it that are not in `bytes`, since the message was cut. */
  missing: number;
}

/**
 * The fields of a small protobuf message without a schema: those of ttrpc's envelopes. Stops where the
 * bytes make no sense; the last field may be cut.
 */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length && factor <= 2 ** 63; factor *= 128) {
      const octet = bytes[at++] as number;
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
    }
    at = bytes.length;
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: varint(), bytes: null, missing: 0 };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (Number.isNaN(length)) return;
        const part = bytes.subarray(at, at + length);
        yield { number, value: length, bytes: part, missing: length - part.length };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return;
    }
  }
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
