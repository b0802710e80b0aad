import type { Answer } from './message.js';

/** Who looked a name up: answers are believed for the same process first, then beside it. */
export interface Asker {
  readonly pid: number;
  readonly mntns: number;
  readonly netns: number;
}

const MAX_ENTRIES = 16_384;
/** Programs connect some time after the look-up, and few heed a lifetime of seconds. */
const LEAST_NS = 60e9;
const MOST_NS = 86_400e9;

interface Entry {
  readonly name: string;
  readonly expiresNs: number;
}

/**
 * Names by address, as processes learned them. Addresses are shared by many names, so one process's
 * answer says nothing of another's connection: what is not known from the process itself is looked
 * for among those with the same mount and network namespace (a resolver in the same container), and
 * nowhere else. Bounded: the oldest entry goes first.
 */
export class Names {
  readonly #entries = new Map<string, Entry>();
  readonly #most: number;

  constructor(most = MAX_ENTRIES) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param nowNs CLOCK_MONOTONIC, of the answer */
  learn({ name, addresses }: Answer, asker: Asker, nowNs: number): void {
    for (const { address, ttl } of addresses) {
      const lifetime = Math.min(Math.max(ttl * 1e9, LEAST_NS), MOST_NS);
      const entry = { name, expiresNs: nowNs + lifetime };
      this.#put(processKey(asker, address), entry);
      this.#put(placeKey(asker, address), entry);
    }
  }

  /** @param nowNs CLOCK_MONOTONIC, of the attempt */
  find(address: Uint8Array, asker: Asker, nowNs: number): string | null {
    return (
      this.#get(processKey(asker, address), nowNs) ?? this.#get(placeKey(asker, address), nowNs)
    );
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  #get(key: string, nowNs: number): string | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresNs >= nowNs) return entry.name;
    this.#entries.delete(key);
    return null;
  }
}

function text(address: Uint8Array): string {
  return String.fromCharCode(...address);
}

function processKey({ pid, netns }: Asker, address: Uint8Array): string {
  return `p${pid}/${netns}/${text(address)}`;
}

function placeKey({ mntns, netns }: Asker, address: Uint8Array): string {
  return `n${mntns}/${netns}/${text(address)}`;
}
