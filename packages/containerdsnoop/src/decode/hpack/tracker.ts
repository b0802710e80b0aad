import { decodeBlock } from './block.js';
import { DEFAULT_TABLE_BYTES, type Field, HpackError, Table } from './table.js';

/** Blocks after a hole in which the table has to be recognised. */
const HEALING_BLOCKS = 16;
/** Entries by which the table may have grown in a hole; beyond, most of it is new anyway. */
const MOST_INSERTS = 96;
/** An insertion takes at least an index and a length. */
const LEAST_INSERT_BYTES = 2;
/** Different entries that have to be found where they are expected, and by how many more. */
const ENOUGH_ENTRIES = 3;
const CLEAR_LEAD = 2;
const MOST_HYPOTHESES = 512;
/** In a hole more may have been inserted than in other bytes: by this factor at most. */
const TURN_MARGIN = 2.5;
const TEMPLATES = 64;

/** The table as it would be if so many entries had been inserted in a hole. */
interface Hypothesis {
  table: Table;
  /** Entries that were found again, in a place where blocks from before the hole had them. */
  found: Set<Field>;
  blocks: Field[][];
}

/** While the table is being recognised: what it may be, and what waits for it. */
interface Healing {
  hypotheses: Hypothesis[];
  pending: Pending[];
  /** Entries inserted before the hole. */
  inserted: number;
  /** Bytes that were not seen, and in how many holes. */
  missing: number;
  holes: number;
}

interface Pending {
  block: Uint8Array;
  /** Number of the hole that it came after, of those that are being recognised over. */
  hole: number;
  late(fields: Field[]): void;
}

/**
 * Decodes the header blocks of one direction, through holes.
 *
 * A block that was not seen may have inserted entries, by which all indices are off from then on. The
 * number is found by trying: with the right one, the next blocks consist of the same sequences of
 * names as those before the hole.
 */
export class HeaderTracker {
  #table: Table;
  /** Sequences of names seen, joined. */
  #templates = new Set<string>();
  /** The two that were learned last. */
  #last: readonly string[] = [];
  #beforeLast: readonly string[] = [];
  #healing: Healing | null = null;
  /** Whether the table was recognised after a hole, which may have been wrong. */
  #wasHealed = false;

  /** @param fromStart whether the direction is seen from its first block */
  constructor(fromStart: boolean) {
    this.#table = new Table(fromStart);
  }

  /**
   * Fields of the next block; null if they will be known only later, when `late` is called.
   * Throws HpackError when the block contradicts the table; the next one begins with a new table.
   */
  decode(block: Uint8Array, late: (fields: Field[]) => void): Field[] | null {
    if (this.#healing !== null) return this.#heal(block, late);
    try {
      const fields = decodeBlock(this.#table, block);
      if (this.#wasHealed && !fields.every(makesSense)) throw new HpackError('healed wrongly');
      markPlaces(fields);
      this.#learn(fields);
      return fields;
    } catch (error) {
      this.#begin();
      throw error;
    }
  }

  #begin(): void {
    this.#table = new Table(false, this.#table);
    this.#wasHealed = false;
  }

  /**
   * Blocks were not seen.
   *
   * @param bytes so many at most were not seen of this direction
   * @param seen so many were, since the table was begun
   */
  skip(bytes: number, seen: number): void {
    const most = Math.min(MOST_INSERTS, Math.floor(bytes / LEAST_INSERT_BYTES));
    this.#healing ??= {
      hypotheses: [{ table: this.#table, found: new Set(), blocks: [] }],
      pending: [],
      inserted: this.#table.inserted,
      missing: 0,
      holes: 0,
    };
    this.#healing.missing += bytes;
    this.#healing.holes++;
    const { hypotheses, missing } = this.#healing;
    const isHopeless = this.#templates.size === 0 || this.#table.known < ENOUGH_ENTRIES;
    // What fits after a whole turn of the table is another generation of the same headers.
    const turned = (missing * TURN_MARGIN * this.#table.insertedBytes) / Math.max(1, seen);
    const all = hypotheses.length * (most + 1);
    if (isHopeless || turned > DEFAULT_TABLE_BYTES || all > MOST_HYPOTHESES) {
      this.#giveUp();
      // What waited came before this hole: what comes next has another table.
      this.#begin();
    } else {
      this.#healing.hypotheses = hypotheses.flatMap((each) => withInserts(each, most));
    }
  }

  #learn(fields: readonly Field[]): void {
    // Most blocks look like one of the last two: headers and trailers, with a timeout and without.
    if (fits(fields, this.#last) || fits(fields, this.#beforeLast)) return;
    if (fields.some(({ name }) => name === null)) return;
    this.#beforeLast = this.#last;
    this.#last = fields.map(({ name }) => name as string);
    const template = this.#last.join();
    if (this.#templates.has(template)) return;
    if (this.#templates.size >= TEMPLATES) {
      for (const oldest of this.#templates) {
        this.#templates.delete(oldest);
        break;
      }
    }
    this.#templates.add(template);
  }

  #heal(block: Uint8Array, late: (fields: Field[]) => void): Field[] | null {
    const healing = this.#healing as Healing;
    const templates = [...this.#templates].map((template) => template.split(','));
    healing.hypotheses = healing.hypotheses.filter((each) =>
      explains(each, block, templates, healing.inserted),
    );
    const best = clearlyBest(healing.hypotheses);
    if (best !== null) {
      this.#healing = null;
      this.#table = best.table;
      this.#wasHealed = true;
      for (const fields of best.blocks) markPlaces(fields);
      const mine = best.blocks.pop() as Field[];
      for (const [index, { late }] of healing.pending.entries())
        late(best.blocks[index] as Field[]);
      this.#learn(mine);
      return mine;
    }
    healing.pending.push({ block: block.slice(), hole: healing.holes, late });
    if (healing.hypotheses.length > 0 && healing.pending.length < HEALING_BLOCKS) return null;
    this.#giveUp();
    return null;
  }

  /** Begins anew, as one does who comes in the middle; what waits is decoded so. */
  #giveUp(): void {
    const pending = this.#healing?.pending ?? [];
    this.#healing = null;
    this.#begin();
    let last = 1;
    for (const { block, hole, late } of pending) {
      if (hole !== last) this.#begin();
      last = hole;
      try {
        const fields = decodeBlock(this.#table, block);
        markPlaces(fields);
        late(fields);
      } catch (error) {
        if (!(error instanceof HpackError)) throw error;
        this.#begin();
        late([]);
      }
    }
  }
}

/** The same, and with one to `most` more insertions that were not seen. */
function withInserts({ table, found, blocks }: Hypothesis, most: number): Hypothesis[] {
  const next = table.clone();
  const all = [{ table, found, blocks }];
  for (let inserts = 1; inserts <= most; inserts++) {
    next.insertUnknown();
    all.push({ table: next.clone(), found: new Set(found), blocks: blocks.slice() });
  }
  return all;
}

function explains(
  hypothesis: Hypothesis,
  block: Uint8Array,
  templates: readonly string[][],
  inserted: number,
): boolean {
  let fields: Field[];
  try {
    fields = decodeBlock(hypothesis.table, block);
  } catch (error) {
    if (error instanceof HpackError) return false;
    throw error;
  }
  if (!templates.some((names) => fits(fields, names)) || !fields.every(makesSense)) return false;
  hypothesis.blocks.push(fields);
  for (const [index, field] of fields.entries()) {
    if (field.seq === null || field.seq >= inserted || field.places === 0) continue;
    // Of those whose name is known it was compared; others were a path, or the authority.
    const isElsewhere = (field.places & placeOf(index)) === 0;
    if (field.name !== null || !isElsewhere) hypothesis.found.add(field);
    else if (isOnePlace(field.places)) return false;
  }
  return true;
}

/** Further back nothing stands in the same place each time. */
const PLACES = 31;

function placeOf(index: number): number {
  return index < PLACES ? 1 << index : 0;
}

function isOnePlace(places: number): boolean {
  return (places & (places - 1)) === 0;
}

function markPlaces(fields: readonly Field[]): void {
  for (let index = 0; index < fields.length && index < PLACES; index++) {
    const field = fields[index] as Field;
    if (field.seq !== null) field.places |= 1 << index;
  }
}

/** What values of well-known names look like: others got the name from an index that is off. */
const FORMS: Record<string, RegExp | undefined> = {
  ':path': /^\//,
  ':status': /^\d{3}$/,
  'content-type': /\//,
  te: /^trailers$/,
  'grpc-status': /^\d+$/,
  'grpc-timeout': /^\d{1,8}[HMSmun]$/,
};

function makesSense({ name, value }: Field): boolean {
  return name === null || value === null || FORMS[name]?.test(value) !== false;
}

function fits(fields: readonly Field[], names: readonly string[]): boolean {
  return (
    fields.length === names.length &&
    fields.every(({ name }, index) => name === null || name === names[index])
  );
}

function clearlyBest(hypotheses: readonly Hypothesis[]): Hypothesis | null {
  let best: Hypothesis | null = null;
  let second = 0;
  for (const each of hypotheses) {
    if (best === null || each.found.size > best.found.size) {
      second = best?.found.size ?? 0;
      best = each;
    } else {
      second = Math.max(second, each.found.size);
    }
  }
  const found = best?.found.size ?? 0;
  return found >= ENOUGH_ENTRIES && found - second >= CLEAR_LEAD ? best : null;
}
