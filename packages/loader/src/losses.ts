import type { BpfMap, BpfObject, BpfProgram } from '@imagesnoop/bpf-core';

export type LostCause =
  | 'ring_buffer_full'
  | 'map_full'
  | 'truncated'
  | 'recursion'
  | 'hold_full'
  | 'decode';

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
  recursion:
    'An interrupt, or since Linux 7.0 another task, came upon a program at work and did what that program traces; the kernel then leaves it out. Much of that passes no filter anyway; where there is --hook kprobe, kprobes are not interrupted by tasks.',
  hold_full:
    'More came from containers that were starting than could be kept until their names were known; filter by pid or command too.',
  decode: 'The record did not have the expected form: object and reader are of different versions.',
};

/**
 * Sums what was lost, by cause: the programs' per-CPU counters, runs that the kernel left out
 * (`recursion_misses`, since Linux 5.12; each may have been an event, or have passed no filter), and
 * what could not be decoded here.
 */
export class LossCounter {
  readonly #map: BpfMap | undefined;
  readonly #programs: readonly Pick<BpfProgram, 'info'>[];
  readonly #totals = new Map<LostCause, number>();
  readonly #reported = new Map<LostCause, number>();

  /**
   * @param map the per-CPU array `lost`, for objects that have one
   * @param programs those that are loaded
   */
  constructor(map: BpfMap | undefined, programs: readonly Pick<BpfProgram, 'info'>[] = []) {
    this.#map = map;
    this.#programs = programs;
  }

  /** Of the object's map `lost`; an object without it can only lose what cannot be decoded. */
  static of(object: BpfObject): LossCounter {
    return new LossCounter(
      object.maps.find(({ name }) => name === 'lost'),
      object.programs.filter(({ autoload }) => autoload),
    );
  }

  /** An event for which there was no room to wait until its container is known. */
  countUnheld(): void {
    this.#totals.set('hold_full', (this.#totals.get('hold_full') ?? 0) + 1);
  }

  /** A record that has not the expected form. */
  countUndecoded(): void {
    this.#totals.set('decode', (this.#totals.get('decode') ?? 0) + 1);
  }

  /** Reads the kernel's counters: one system call per cause and program. */
  read(): void {
    if (this.#map !== undefined) this.#readMap(this.#map);
    let missed = 0n;
    for (const program of this.#programs) missed += program.info().recursionMisses;
    this.#totals.set('recursion', Number(missed));
  }

  #readMap(map: BpfMap): void {
    for (const [key, cause] of KERNEL_CAUSES.entries()) {
      if (key >= map.maxEntries) break;
      let total = 0;
      for (const value of map.lookupPerCpu(key)) total += readU64(value);
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
