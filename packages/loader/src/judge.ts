// Whose events are of containers that are asked for, decided as they come: a container's first
// program runs before its name is known, so what it does is held until then.
import type { Layout } from './layout.js';
import { Cursor, type Read } from './record.js';

/** Of whom an event is, as far as containers go. */
export interface Owner {
  /** Inode number of the mount namespace. */
  readonly mntns: number;
  /** Inode number of the cgroup (v2). */
  readonly cgroupId: number;
  /** A process of it, which may have ended. */
  readonly pid: number;
}

/**
 * @param isLast this owner has waited long enough: unknown is no answer any more
 * @returns undefined: it is not known yet
 */
export type Verdict = (owner: Owner, isLast: boolean) => boolean | undefined;

/** The kernel's set of unwanted owners. */
export interface OwnerSet {
  add(owner: Owner): void;
  delete(owner: Owner): void;
}

export interface JudgeParts {
  /** Of the struct that events begin with. */
  readonly header: Layout;
  readonly verdict: Verdict;
  readonly others: OwnerSet;
  /** Called when held events may be had. */
  readonly onReady: () => void;
  /** Called for each event that could not be held. */
  readonly onLost: () => void;
}

/** What a runtime needs from a container's first program to its name, and ten times that. */
const HOLD_MS = 2000;
/** How often owners that are not known are asked for again; most news come by themselves. */
const ASK_MS = 20;
const MAX_HELD_BYTES = 8 << 20;
/** Owners of which the verdict is remembered; as many as the kernel remembers. */
const MAX_KNOWN = 16_384;

/** Events of an owner of whom it is not known yet whether it is wanted. */
interface Held {
  readonly owner: Owner;
  readonly until: number;
  records: Uint8Array[];
}

/** Lets events of wanted owners through, holds back those of owners not known yet. */
export class Judge {
  readonly #parts: JudgeParts;
  readonly #mntns: Read<number>;
  readonly #cgroupId: Read<number>;
  readonly #pid: Read<number>;
  readonly #known = new Map<string, { owner: Owner; wanted: boolean }>();
  readonly #held = new Map<string, Held>();
  #heldBytes = 0;
  #ready: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The owner of the last event: most come in runs. */
  #last: { mntns: number; cgroupId: number; wanted: boolean } | undefined;

  constructor(parts: JudgeParts) {
    this.#parts = parts;
    this.#mntns = parts.header.u32('mntns');
    this.#cgroupId = parts.header.u64('cgroup_id');
    this.#pid = parts.header.u32('pid');
  }

  /** The events that are wanted: first those that were held, then those of `rows`. */
  *sift(rows: Iterable<Cursor>): Generator<Cursor, void, void> {
    for (const row of rows) {
      if (this.#ready.length > 0) yield* this.#takeReady();
      if (this.#passes(row)) yield row;
    }
    yield* this.#takeReady();
  }

  /** What is still held at the end, as far as it is not known to be unwanted. */
  *rest(): Generator<Cursor, void, void> {
    this.#ask(true);
    yield* this.#takeReady();
  }

  /** Something became known: asks for all owners anew, those judged before included. */
  reconsider(): void {
    for (const { owner, wanted } of this.#known.values())
      if (!wanted) this.#parts.others.delete(owner);
    this.#known.clear();
    this.#last = undefined;
    this.#ask(false);
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #passes(row: Cursor): boolean {
    const mntns = this.#mntns(row);
    const cgroupId = this.#cgroupId(row);
    const last = this.#last;
    if (last !== undefined && last.mntns === mntns && last.cgroupId === cgroupId)
      return last.wanted;
    const key = `${cgroupId} ${mntns}`;
    const known = this.#known.get(key)?.wanted;
    const held = this.#held.get(key);
    // What is held comes first, so that an owner's events stay in their order.
    const wanted =
      held === undefined
        ? (known ?? this.#judge(key, { mntns, cgroupId, pid: this.#pid(row) }, false))
        : undefined;
    if (wanted === undefined) this.#hold(key, row, held);
    else this.#last = { mntns, cgroupId, wanted };
    return wanted === true;
  }

  #judge(key: string, owner: Owner, isLast: boolean): boolean | undefined {
    const wanted = this.#parts.verdict(owner, isLast);
    if (wanted === undefined) return undefined;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { owner, wanted });
    if (!wanted) this.#parts.others.add(owner);
    return wanted;
  }

  #hold(key: string, row: Cursor, held: Held | undefined): void {
    if (this.#heldBytes + row.length > MAX_HELD_BYTES) return this.#parts.onLost();
    const record = row.u8.slice(row.base, row.base + row.length);
    this.#heldBytes += record.length;
    if (held !== undefined) {
      held.records.push(record);
      return;
    }
    const owner = { mntns: this.#mntns(row), cgroupId: this.#cgroupId(row), pid: this.#pid(row) };
    this.#held.set(key, { owner, until: performance.now() + HOLD_MS, records: [record] });
    this.#timer ??= setInterval(() => this.#ask(false), ASK_MS);
  }

  /** Asks for the owners that are not known yet. */
  #ask(isEnd: boolean): void {
    const now = performance.now();
    for (const [key, { owner, until, records }] of this.#held) {
      const wanted = this.#judge(key, owner, isEnd || now >= until);
      if (wanted === undefined) continue;
      this.#held.delete(key);
      for (const { length } of records) this.#heldBytes -= length;
      if (wanted) this.#ready = this.#ready.concat(records);
    }
    if (this.#held.size === 0) this.close();
    if (this.#ready.length > 0) this.#parts.onReady();
  }

  *#takeReady(): Generator<Cursor, void, void> {
    const records = this.#ready;
    this.#ready = [];
    for (const record of records) yield Cursor.over(record);
  }
}
