import type { Containers } from '@imagesnoop/containers';
import type { Tracer } from '@imagesnoop/loader';

/** What execs are counted by. */
export type CountBy = 'uid' | 'comm' | 'container' | 'exe';

/** enum count_by in bpf/execsnoop.h */
export const COUNT_BY = { uid: 1, comm: 2, container: 3, exe: 4 } as const;
/** Users, names, containers or programs at once. */
export const MAX_COUNTS = 16_384;

/** `struct count_key` of bpf/execsnoop.h */
const KEY = { cgroupId: 0, mntns: 8, uid: 12, text: 16, textLength: 240 } as const;

/** How often somebody has exec'ed since the start. */
export interface ExecCount {
  /** When it was read, CLOCK_MONOTONIC. */
  readonly tsNs: number;
  readonly uid: number | null;
  /** Command or program; any bytes. */
  readonly text: Uint8Array | null;
  /** As the events of a container have it. */
  readonly container: Uint8Array | null;
  readonly execs: number;
  /** Of them since the last time. */
  readonly added: number;
}

/** Reads the kernel's counts, again and again. */
export class Counts {
  readonly #tracer: Tracer;
  readonly #by: CountBy;
  readonly #containers: Containers;
  #before = new Map<string, number>();

  constructor(tracer: Tracer, by: CountBy, containers: Containers) {
    this.#tracer = tracer;
    this.#by = by;
    this.#containers = containers;
  }

  /** All there are, most first. */
  read(): ExecCount[] {
    const tsNs = Number(process.hrtime.bigint());
    const sums = new Map<string, Omit<ExecCount, 'added'>>();
    for (const [key, value] of this.#tracer.map('counts').entries()) {
      const count = { tsNs, ...this.#whose(key), execs: Number(asBuffer(value).readBigUInt64LE()) };
      const name = nameOf(count);
      sums.set(name, { ...count, execs: count.execs + (sums.get(name)?.execs ?? 0) });
    }
    const before = this.#before;
    this.#before = new Map([...sums].map(([name, { execs }]) => [name, execs]));
    return [...sums]
      .map(([name, count]) => ({ ...count, added: count.execs - (before.get(name) ?? 0) }))
      .sort((a, b) => b.execs - a.execs || (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  #whose(bytes: Uint8Array): Pick<ExecCount, 'uid' | 'text' | 'container'> {
    const key = asBuffer(bytes);
    const nobody = { uid: null, text: null, container: null };
    if (this.#by === 'uid') return { ...nobody, uid: key.readUInt32LE(KEY.uid) };
    if (this.#by === 'container') {
      const { container } = this.#containers.json(
        key.readUInt32LE(KEY.mntns),
        key.readBigUInt64LE(KEY.cgroupId),
      );
      return { ...nobody, container };
    }
    const text = key.subarray(KEY.text, KEY.text + KEY.textLength);
    const end = text.indexOf(0);
    return { ...nobody, text: Uint8Array.from(end < 0 ? text : text.subarray(0, end)) };
  }
}

export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function nameOf({ uid, text, container }: Omit<ExecCount, 'added'>): string {
  return `${uid ?? ''} ${asBuffer(text ?? container ?? new Uint8Array(0)).toString('latin1')}`;
}
