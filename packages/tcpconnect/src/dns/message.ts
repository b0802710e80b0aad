/** One address that an answer gives for the name that was asked. */
export interface AddressRecord {
  /** 4 or 16 bytes in network order; valid as long as the message's bytes are. */
  readonly address: Uint8Array;
  /** Seconds for which it holds; the least along the aliases that lead to it. */
  readonly ttl: number;
}

/** The name that was asked for, and the addresses that were answered. */
export interface Answer {
  readonly name: string;
  readonly addresses: readonly AddressRecord[];
}

const HEADER = 12;
const TYPE = { a: 1, cname: 5, aaaa: 28 } as const;
const CLASS_IN = 1;
/** An answer; opcode QUERY; no error. RFC 1035, 4.1.1 */
const FLAGS_MASK = 0xf80f;
const FLAGS_ANSWER = 0x8000;
/** RFC 1035, 2.3.4: 255 bytes with the length of each label. */
const MAX_NAME = 255;
/** A pointer leads to an earlier place, so a name has fewer of them than labels. */
const MAX_POINTERS = 127;
/** No resolver sends more; what lies beyond is not looked at. */
const MAX_RECORDS = 256;

/**
 * Reads an answer of a name server: the addresses of the name in its question, through aliases.
 * The bytes come from the network and may be anything.
 *
 * Source: RFC 1035, sections 4.1 and 4.1.4 (compression); RFC 3596 (AAAA)
 *
 * @returns undefined for what is no answer with an address for its question
 */
export function parseAnswer(message: Uint8Array): Answer | undefined {
  if (message.length < HEADER) return undefined;
  const at = new Reader(message);
  at.skip(2);
  if ((at.u16() & FLAGS_MASK) !== FLAGS_ANSWER) return undefined;
  const questions = at.u16();
  const records = Math.min(at.u16(), MAX_RECORDS);
  at.skip(4);
  if (questions !== 1) return undefined;
  const name = at.name();
  at.skip(4);
  if (name === undefined || name === '') return undefined;
  /** Names that stand for the one asked: itself and its aliases, with the least lifetime so far. */
  const aliases = new Map([[name.toLowerCase(), Number.MAX_SAFE_INTEGER]]);
  const addresses: AddressRecord[] = [];
  for (let i = 0; i < records && !at.failed; i++) {
    const owner = at.name();
    const type = at.u16();
    const group = at.u16();
    const ttl = at.u32();
    const length = at.u16();
    const data = at.bytes(length);
    const lifetime = owner === undefined ? undefined : aliases.get(owner.toLowerCase());
    if (at.failed || lifetime === undefined || group !== CLASS_IN) continue;
    const least = Math.min(lifetime, ttl);
    if (type === TYPE.cname) {
      const target = at.nameAt(data.start);
      if (target !== undefined) aliases.set(target.toLowerCase(), least);
    } else if ((type === TYPE.a && length === 4) || (type === TYPE.aaaa && length === 16)) {
      addresses.push({ address: message.subarray(data.start, data.end), ttl: least });
    }
  }
  return addresses.length === 0 ? undefined : { name, addresses };
}

/** Walks a message; beyond its end everything is zero and `failed` is set. */
class Reader {
  failed = false;
  readonly #message: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
  }

  skip(length: number): void {
    this.bytes(length);
  }

  u16(): number {
    const { start } = this.bytes(2);
    return this.failed ? 0 : (this.#byte(start) << 8) | this.#byte(start + 1);
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  bytes(length: number): { start: number; end: number } {
    const start = this.#at;
    const end = start + length;
    if (end > this.#message.length) {
      this.failed = true;
      return { start, end: start };
    }
    this.#at = end;
    return { start, end };
  }

  /** The name here; undefined if it is malformed. */
  name(): string | undefined {
    const end = { at: this.#at };
    const text = this.nameAt(this.#at, end);
    if (text === undefined) this.failed = true;
    else this.#at = end.at;
    return text;
  }

  /** @param end is told where the name ends in its place, pointers counting two bytes */
  nameAt(start: number, end?: { at: number }): string | undefined {
    const labels: string[] = [];
    let at = start;
    let length = 0;
    let told = false;
    for (let pointers = 0; at < this.#message.length; ) {
      const size = this.#byte(at);
      if (size >= 0xc0) {
        if (at + 1 >= this.#message.length || ++pointers > MAX_POINTERS) return undefined;
        if (end && !told) end.at = at + 2;
        told = true;
        at = ((size & 0x3f) << 8) | this.#byte(at + 1);
        continue;
      }
      if (size > 63) return undefined;
      if (size === 0) {
        if (end && !told) end.at = at + 1;
        return labels.join('.');
      }
      length += size + 1;
      if (length > MAX_NAME || at + 1 + size > this.#message.length) return undefined;
      labels.push(labelText(this.#message, at + 1, at + 1 + size));
      at += size + 1;
    }
    return undefined;
  }

  #byte(at: number): number {
    return this.#message[at] ?? 0;
  }
}

/** A label may hold any bytes; those that are no plain text are spelled \DDD (RFC 1035, 5.1). */
function labelText(message: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = message[at] as number;
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/**
 * The messages in what was received at once. In a stream (TCP) each stands after its length, which
 * resolvers often read by itself first.
 */
export function* messagesOf(bytes: Uint8Array, stream: boolean): Generator<Uint8Array, void, void> {
  if (!stream) {
    yield bytes;
    return;
  }
  const whole: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (length < HEADER || at + 2 + length > bytes.length) break;
    whole.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (at === bytes.length) yield* whole;
  else yield bytes;
}
