import type { Outcome } from '../grpc/headers.js';
import type { Field } from '../hpack/table.js';
import type { Label } from '../message.js';
import type { MessageType, Method, Schema } from '../schema/schema.js';
import { assign } from './assignment.js';
import { type Candidate, candidatesOf } from './candidates.js';
import { Evidence } from './evidence.js';
import { IdBook } from './ids.js';
import type { CallName } from './name.js';
import { PathRole } from './path-role.js';
import { Placeholder } from './placeholder.js';

/** What all connections of a decoder know together. */
export class Knowledge {
  readonly schema: Schema;
  readonly ids = new IdBook();
  /** Whether there ever was something to conclude: until then nothing has to be learned. */
  isNeeded = false;
  #byPath: ReadonlyMap<string, Candidate> | null = null;

  constructor(schema: Schema) {
    this.schema = schema;
  }

  get candidates(): readonly Candidate[] {
    return candidatesOf(this.schema);
  }

  candidate(path: string): Candidate | undefined {
    this.#byPath ??= new Map(this.candidates.map((each) => [each.path, each]));
    return this.#byPath.get(path);
  }
}

/** An entry of the table that is known to hold a path: insertions before it, and before its last use. */
interface KnownPath {
  inserted: number;
  lastUsed: number;
}

/** Names the calls of one connection. */
export class Naming {
  readonly knowledge: Knowledge;
  #placeholders = new Map<Field, Placeholder>();
  #known = new Map<string, KnownPath>();
  #role = new PathRole();
  #used = new Map<string, number>();
  /** Insertions into the table of requests so far. */
  #inserted = 0;
  #isStale = false;

  constructor(knowledge: Knowledge) {
    this.knowledge = knowledge;
  }

  /** Name of a call that begins with these headers. */
  request(fields: readonly Field[]): CallName {
    for (const { seq } of fields) {
      if (seq !== null && seq >= this.#inserted) this.#inserted = seq + 1;
    }
    const path = this.#role.pathOf(fields);
    if (path === null) return this.unseen();
    if (path.value !== null) return this.#wire(path.value, path.seq);
    return new InferredName(this, this.#placeholder(path));
  }

  /** Name of a call whose headers were not seen. */
  unseen(): CallName {
    this.knowledge.isNeeded = true;
    // On its own: it may be the same method as one that has a place in the table.
    return new InferredName(this, new Placeholder(this.knowledge.candidates, null));
  }

  label(placeholder: Placeholder, evidence: Evidence | null): Label {
    if (this.#isStale) this.#reconsider();
    if (placeholder.inserted === null) this.#place(placeholder);
    return placeholder.label(evidence);
  }

  learned(placeholder: Placeholder): void {
    if (placeholder.inserted !== null) this.#isStale = true;
  }

  #wire(path: string, seq: number | null): CallName {
    const known = this.#known.get(path);
    if (known === undefined) this.#count(path);
    if (seq !== null) {
      const isSame = known?.inserted === seq;
      if (!isSame || known.lastUsed < this.#inserted) this.#isStale = this.#placeholders.size > 0;
      this.#known.set(path, { inserted: seq, lastUsed: this.#inserted });
    } else if (known === undefined) {
      this.#known.set(path, { inserted: 0, lastUsed: 0 });
    }
    return new WireName(this.knowledge, path);
  }

  #count(path: string): void {
    const candidate = this.knowledge.candidate(path);
    if (candidate === undefined) return;
    for (const group of [candidate.family, candidate.service]) {
      this.#used.set(group, (this.#used.get(group) ?? 0) + 1);
    }
    this.#isStale = this.#placeholders.size > 0;
  }

  #placeholder(path: Field): Placeholder {
    let placeholder = this.#placeholders.get(path);
    if (placeholder === undefined) {
      this.knowledge.isNeeded = true;
      placeholder = new Placeholder(this.knowledge.candidates, path.seq ?? 0);
      this.#placeholders.set(path, placeholder);
      this.#isStale = true;
    }
    if (placeholder.lastUsed < this.#inserted) {
      placeholder.lastUsed = this.#inserted;
      this.#isStale = true;
    }
    return placeholder;
  }

  #reconsider(): void {
    this.#isStale = false;
    const rows = [...this.#placeholders.values()];
    for (const row of rows) row.excluded = this.#excluded(row);
    assign(rows, this.knowledge.candidates, this.#used);
  }

  #place(placeholder: Placeholder): void {
    assign([placeholder], this.knowledge.candidates, this.#used);
  }

  // Two entries that were in the table at the same time are not the same.
  #excluded(row: Placeholder): ReadonlySet<number> {
    const excluded = new Set<number>();
    const inserted = row.inserted ?? 0;
    for (const [path, known] of this.#known) {
      const both = Math.max(known.inserted, inserted);
      const candidate = this.knowledge.candidate(path);
      if (candidate !== undefined && both < Math.min(known.lastUsed, row.lastUsed)) {
        excluded.add(candidate.index);
      }
    }
    return excluded;
  }
}

/** A name that was on the wire. */
class WireName implements CallName {
  #knowledge: Knowledge;
  #path: string;
  #label: Label;

  constructor(knowledge: Knowledge, path: string) {
    this.#knowledge = knowledge;
    this.#path = path;
    this.#label = { method: path, pathSource: 'wire', candidates: [] };
  }

  label(): Label {
    return this.#label;
  }

  method(): Method | undefined {
    return this.#knowledge.schema.methods.get(this.#path);
  }

  request(bytes: Uint8Array): void {
    this.#learn(this.method()?.request, bytes);
  }

  response(bytes: Uint8Array): void {
    this.#learn(this.method()?.response, bytes);
  }

  end(): void {}

  #learn(type: MessageType | undefined, bytes: Uint8Array): void {
    if (this.#knowledge.isNeeded && type !== undefined) this.#knowledge.ids.learn(type, bytes);
  }
}

/** A name that has to be concluded from messages. */
class InferredName implements CallName {
  #naming: Naming;
  #placeholder: Placeholder;
  #evidence: Evidence | null;
  #label: Label | null = null;

  constructor(naming: Naming, placeholder: Placeholder) {
    const { candidates, ids } = naming.knowledge;
    this.#naming = naming;
    this.#placeholder = placeholder;
    this.#evidence = new Evidence(candidates, ids);
  }

  label(): Label {
    this.#label ??= this.#naming.label(this.#placeholder, this.#evidence);
    return this.#label;
  }

  method(): Method | undefined {
    const { method } = this.label();
    return method === null ? undefined : this.#naming.knowledge.schema.methods.get(method);
  }

  request(bytes: Uint8Array, whole: boolean): void {
    this.#label = null;
    this.#evidence?.request(bytes, whole);
  }

  response(bytes: Uint8Array, whole: boolean): void {
    this.#label = null;
    this.#evidence?.response(bytes, whole);
  }

  end(outcome: Outcome & { seenFromStart: boolean }): void {
    this.#label = null;
    if (this.#evidence === null) return;
    this.#evidence.end(outcome);
    if (this.#placeholder.learn(this.#evidence)) this.#naming.learned(this.#placeholder);
    this.#evidence = null;
  }
}
