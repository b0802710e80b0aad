import { durationText, timestampText } from './scalars.js';
import type { WireReader } from './wire-reader.js';

/** The message from the reader's place as RFC 3339, or null when it is no Timestamp. */
export function timestampOf(reader: WireReader): string | null {
  const read = secondsAndNanos(reader);
  return read && timestampText(read.seconds, read.nanos);
}

/** The message from the reader's place in seconds, or null when it is no Duration. */
export function durationOf(reader: WireReader): string | null {
  const read = secondsAndNanos(reader);
  return read && durationText(read.seconds, read.nanos);
}

function secondsAndNanos(reader: WireReader): { seconds: number; nanos: number } | null {
  let seconds = 0;
  let nanos = 0;
  while (reader.next()) {
    if (reader.wire !== 0) return null;
    if (reader.field === 1) seconds = reader.high * 2 ** 32 + (reader.low >>> 0);
    else if (reader.field === 2) nanos = reader.low;
    else return null;
  }
  return reader.state === 'end' ? { seconds, nanos } : null;
}

/** The paths of a FieldMask, with commas between, or null when it is none. */
export function fieldMaskOf(reader: WireReader): string | null {
  const paths: string[] = [];
  while (reader.next()) {
    if (reader.field !== 1 || reader.wire !== 2) return null;
    const path = Buffer.from(reader.bytes.subarray(reader.start, reader.stop)).toString('latin1');
    // containerd's have paths like `labels.io.example/name`, which is more than names.
    if (!/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]*$/.test(path)) return null;
    paths.push(path);
  }
  return reader.state === 'end' ? paths.join(',') : null;
}

interface Span {
  readonly start: number;
  readonly stop: number;
}

/** Where an Any has the name of its type and its value, and how its bytes end. */
export function findAny(reader: WireReader): {
  name: Span;
  value: Span;
  state: WireReader['state'];
} {
  let name = { start: 0, stop: 0 };
  let value = { start: 0, stop: 0 };
  while (reader.next() || reader.hasPart) {
    if (reader.wire === 2) {
      const { start, stop } = reader;
      if (reader.field === 1) name = { start, stop };
      else if (reader.field === 2) value = { start, stop };
    }
    if (reader.state === 'cut') break;
  }
  return { name, value, state: reader.state };
}
