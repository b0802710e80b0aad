import { fieldOf, KIND, type MessageField, type MessageType, WIRE } from '../schema/schema.js';

/** What speaks for a method when an id of its request is one that such requests are about. */
const RIGHT_KIND = 5;
/** And against it when it is known as the id of something else. */
const WRONG_KIND = -8;
const MOST_IDS = 16_384;
const SHORTEST_ID = 8;
const LONGEST_ID = 128;
const DEEPEST = 4;
/** Of a message: longer lists repeat what is known. */
const BYTES_READ = 256 << 10;

/** What kind of thing a field identifies, e.g. 'runtime.v1 podsandbox'; null if nothing. */
const kinds = new WeakMap<MessageField, string | null>();

function kindOf(type: MessageType, field: MessageField): string | null {
  let kind = kinds.get(field);
  if (kind === undefined) {
    kind = field.kind === KIND.string ? describe(type, field) : null;
    kinds.set(field, kind);
  }
  return kind;
}

function describe(type: MessageType, { name }: MessageField): string | null {
  const match = /^(?:(.+)_)?id$/.exec(name);
  if (match === null) return null;
  const parts = type.name.split('.');
  const simple = parts.pop() ?? '';
  const family = parts.slice(0, 2).join('.');
  const noun = match[1] ?? subjectOf(simple) ?? resourceOf(parts) ?? simple;
  return `${family} ${noun.replaceAll('_', '').toLowerCase()}`;
}

/** 'container' of ContainerStatus or DeleteContainerRequest; null of DeleteRequest. */
function subjectOf(simple: string): string | null {
  const subject = simple
    .replace(/(?:Request|Response)$/, '')
    .replace(/^(?:Get|List|Create|Delete|Remove|Start|Stop|Update|Run)(?=[A-Z]|$)/, '')
    .replace(/(?:Attributes|Status|Stats|Info|Metadata|Filter)$/, '');
  return subject === '' ? null : subject;
}

/** 'lease' of containerd.services.leases.v1. */
function resourceOf(parts: readonly string[]): string | null {
  const resource = parts.findLast((part) => !/^v\d/.test(part));
  return resource?.replace(/s$/, '') ?? null;
}

/**
 * Which ids belong to what: sandboxes, containers, images. Learned from messages whose method is
 * known, and used to tell methods apart whose messages look alike but for what their ids mean.
 */
export class IdBook {
  #kinds = new Map<string, Set<string>>();

  /** Learns the ids in a message. */
  learn(type: MessageType, bytes: Uint8Array): void {
    this.#read(type, bytes, 0, Math.min(bytes.length, BYTES_READ), 0);
  }

  /** What speaks for this field of this type having this text. */
  score(
    type: MessageType,
    field: MessageField,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const kind = kindOf(type, field);
    if (kind === null) return 0;
    const seen = this.#kinds.get(text(bytes, start, end));
    if (seen === undefined) return 0;
    if (seen.has(kind)) return RIGHT_KIND;
    const family = kind.slice(0, kind.indexOf(' ') + 1);
    for (const other of seen) if (other.startsWith(family)) return WRONG_KIND;
    return 0;
  }

  #read(type: MessageType, bytes: Uint8Array, start: number, end: number, depth: number): void {
    let at = start;
    while (at < end) {
      const tag = varintAt(bytes, at, end);
      if (tag === null) return;
      at = tag.next;
      const wire = tag.value & 7;
      const value = varintAt(bytes, at, end);
      if (wire === WIRE.fixed64) at += 8;
      else if (wire === WIRE.fixed32) at += 4;
      else if (value === null) return;
      else if (wire === WIRE.varint) at = value.next;
      else if (wire === WIRE.bytes) {
        const stop = value.next + value.value;
        if (stop > end) return;
        const field = fieldOf(type, tag.value >>> 3);
        if (field !== undefined) this.#field(type, field, bytes, value.next, stop, depth);
        at = stop;
      } else return;
    }
  }

  #field(
    type: MessageType,
    field: MessageField,
    bytes: Uint8Array,
    start: number,
    end: number,
    depth: number,
  ): void {
    if (field.message !== null) {
      if (depth < DEEPEST && field.map === null)
        this.#read(field.message, bytes, start, end, depth + 1);
      return;
    }
    const kind = kindOf(type, field);
    if (kind === null || end - start < SHORTEST_ID || end - start > LONGEST_ID) return;
    const id = text(bytes, start, end);
    let seen = this.#kinds.get(id);
    if (seen === undefined) {
      seen = new Set();
      this.#kinds.set(id, seen);
      if (this.#kinds.size > MOST_IDS) this.#forgetOldest();
    }
    seen.add(kind);
  }

  #forgetOldest(): void {
    for (const id of this.#kinds.keys()) {
      this.#kinds.delete(id);
      return;
    }
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function varintAt(
  bytes: Uint8Array,
  start: number,
  end: number,
): { value: number; next: number } | null {
  let value = 0;
  let factor = 1;
  for (let at = start; at < end && at < start + 10; at++) {
    const octet = bytes[at] as number;
    value += (octet & 0x7f) * factor;
    if (octet < 0x80) return { value, next: at + 1 };
    factor *= 128;
  }
  return null;
}
