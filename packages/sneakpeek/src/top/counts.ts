import { type ContainerInfo, type Containers, renderJson } from '@imagesnoop/containers';

/** What is read of a map in the kernel. */
export interface BpfMapReader {
  entries(): Iterable<readonly [Uint8Array, Uint8Array]>;
}

/** What a container did in an interval. */
export interface Activity {
  readonly changes: number;
  readonly writtenBytes: number;
  readonly execs: number;
  readonly connects: number;
}

/** A line of the screen. */
export interface ActivityRow extends Activity {
  /** Of the container. */
  readonly id: string;
  /** How many files differ from the image; null until they were counted. */
  readonly files: number | null;
  /** JSON values of the fields `container` and `k8s`. */
  readonly container: Uint8Array;
  readonly k8s: Uint8Array;
  readonly image: string | null;
  /** Length of the interval. */
  readonly ms: number;
}

const NOTHING: Activity = { changes: 0, writtenBytes: 0, execs: 0, connects: 0 };
/** struct counted and struct counts in bpf/sneakpeek/count.bpf.h: five 64-bit numbers, and the inode. */
const FIELDS = ['changes', 'writtenBytes', 'execs', 'connects'] as const;

/** Turns sums since the start, by cgroup, into what containers did between two looks. */
export class Counts {
  readonly #map: BpfMapReader;
  readonly #containers: Pick<Containers, 'lookup' | 'list'>;
  #before = new Map<string, Activity>();
  #atMs = performance.now();

  constructor(map: BpfMapReader, containers: Pick<Containers, 'lookup' | 'list'>) {
    this.#map = map;
    this.#containers = containers;
  }

  /**
   * Since the last look, the busiest first.
   *
   * @param isWanted which of the containers that do nothing are shown, too
   * @param filesOf how many files of a container have changed
   */
  look(
    isWanted: (container: ContainerInfo) => boolean,
    filesOf: (id: string) => number | null,
  ): ActivityRow[] {
    const now = performance.now();
    const ms = now - this.#atMs;
    this.#atMs = now;
    const sums = new Map<ContainerInfo, Activity>();
    for (const each of this.#containers.list()) if (isWanted(each)) sums.set(each, NOTHING);
    const before = this.#before;
    this.#before = new Map();
    for (const [key, value] of this.#map.entries()) {
      const name = Buffer.from(key).toString('latin1');
      const total = activityOf(value);
      this.#before.set(name, total);
      const owner = Buffer.from(key);
      const container = this.#containers.lookup(owner.readUInt32LE(8), owner.readBigUInt64LE(0));
      if (container === null) continue;
      const done = since(before.get(name) ?? NOTHING, total);
      sums.set(container, combined(sums.get(container) ?? NOTHING, done));
    }
    return [...sums]
      .map(([container, sum]) => {
        const { id, image } = container;
        return { ...renderJson(container), id, image, files: filesOf(id), ms, ...sum };
      })
      .sort((a, b) => busyness(b) - busyness(a));
  }
}

const busyness = ({ changes, execs, connects }: Activity): number => changes + execs + connects;

function activityOf(value: Uint8Array): Activity {
  const bytes = Buffer.from(value);
  const numbers = FIELDS.map((_, index) => Number(bytes.readBigUInt64LE(8 * index)));
  const [changes = 0, writtenBytes = 0, execs = 0, connects = 0] = numbers;
  return { changes, writtenBytes, execs, connects };
}

/** The kernel forgets the sums of whoever has done nothing for long, and begins again at 0. */
function since(before: Activity, now: Activity): Activity {
  if (FIELDS.some((name) => now[name] < before[name])) return now;
  return {
    changes: now.changes - before.changes,
    writtenBytes: now.writtenBytes - before.writtenBytes,
    execs: now.execs - before.execs,
    connects: now.connects - before.connects,
  };
}

const combined = (a: Activity, b: Activity): Activity => ({
  changes: a.changes + b.changes,
  writtenBytes: a.writtenBytes + b.writtenBytes,
  execs: a.execs + b.execs,
  connects: a.connects + b.connects,
});
