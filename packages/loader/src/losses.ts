import type { BpfMap, BpfObject } from '@imagesnoop/bpf-core';

export type LostCause = 'ring_buffer_full' | 'map_full' | 'truncated' | 'decode';

/** Events, or parts of them, that did not get through. */
export interface Lost {
  /** How many since this cause was last reported. */
  readonly count: number;
  readonly cause: LostCause;
  /** How many since the start. */
  readonly total: number;
  /** What to do about it. */
  readonly hint: string;
}

/** The causes that programs count, in the order of `enum lost_cause` (bpf/include/event.h). */
const KERNEL_CAUSES = ['ring_buffer_full', 'map_full', 'truncated'] as const;

const HINTS: Record<LostCause, string> = {
  ring_buffer_full: 'Give the ring buffer more room (--buffer 64M) or ask for fewer events.',
  map_full:
    'More operations were under way at once than there is room for; filter by pid or container.',
  truncated: 'The event is there; a string or path in it was longer than there is room for.',
  decode: 'The record did not have the expected form: object and reader are of different versions.',
};

/** Sums what was lost, by cause: the kernel's per-CPU counters and what could not be decoded here. */
export class LossCounter {
  readonly #map: BpfMap | undefined;
  readonly #totals = new Map<LostCause, number>();
  readonly #reported = new Map<LostCause, number>();

  /** @param map the per-CPU array `lost`, for objects that have one */
  constructor(map: BpfMap | undefined) {
    this.#map = map;
  }

  /** Of the object's map `lost`; an object without it can only lose what cannot be decoded. */
  static of(object: BpfObject): LossCounter {
    return new LossCounter(object.maps.find(({ name }) => name === 'lost'));
  }

  /** A record that has not the expected form. */
  countUndecoded(): void {
    this.#totals.set('decode', (this.#totals.get('decode') ?? 0) + 1);
  }

  /** Reads the kernel's counters: one system call per cause. */
  read(): void {
    if (this.#map === undefined) return;
    for (const [key, cause] of KERNEL_CAUSES.entries()) {
      if (key >= this.#map.maxEntries) break;
      let total = 0;
      for (const value of this.#map.lookupPerCpu(key)) total += readU64(value);
      this.#totals.set(cause, total);
    }
  }

  /** What was lost since the last call, for the stream; empty if nothing was. */
  take(): readonly Lost[] {
    const news: Lost[] = [];
    for (const [cause, total] of this.#totals) {
      const count = total - (this.#reported.get(cause) ?? 0);
      if (count <= 0) continue;
      this.#reported.set(cause, total);
      news.push({ count, cause, total, hint: HINTS[cause] });
    }
    return news;
  }

  /** All that was lost since the start, as last read. */
  totals(): readonly Lost[] {
    return [...this.#totals]
      .filter(([, total]) => total > 0)
      .map(([cause, total]) => ({ count: total, cause, total, hint: HINTS[cause] }));
  }
}

function readU64(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Number(view.getBigUint64(0, true));
}
