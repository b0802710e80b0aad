import type { Outcome } from '../grpc/headers.js';
import { FARTHEST_ENTRY, type Field } from '../hpack/table.js';
import type { Label } from '../message.js';
import type { MessageType, Method, Schema } from '../schema/schema.js';
import { assign, coexisted, type Lifetime } from './assignment.js';
import { type Candidates, candidatesOf } from './candidates.js';
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

  constructor(schema: Schema) {
    this.schema = schema;
  }

  get candidates(): Candidates {
    return candidatesOf(this.schema);
  }
}

/** Names the calls of one connection. */
export class Naming {
  readonly knowledge: Knowledge;
  #placeholders = new Map<Field, Placeholder>();
  #known = new Map<string, Lifetime>();
  #role = new PathRole();
  /** By group of candidates: methods known from the wire. */
  #used: Float64Array | null = null;
  /** Insertions into the table of requests so far. */
  #inserted = 0;
  #isStale = false;
  #hasBegun = false;

  constructor(knowledge: Knowledge) {
    this.knowledge = knowledge;
  }

  /**
   * Headers of requests were not seen. Which entries have known paths, and when they were used, holds
   * no longer.
   */
  hole(): void {
    // What comes before the first headers is not missing: there is nothing yet that it could change.
    if (!this.#hasBegun) return;
    this.#known.clear();
    this.#isStale = true;
  }

  /** Name of a call that begins with these headers. */
  request(fields: readonly Field[]): CallName {
    this.#hasBegun = true;
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
    if (placeholder.inserted === null) this.#reconsider([placeholder]);
    else if (this.#isStale) this.#reconsider([...this.#placeholders.values()]);
    if (placeholder.inserted !== null) this.#isStale = false;
    return placeholder.label(evidence);
  }

  learned(placeholder: Placeholder): void {
    if (placeholder.inserted !== null) this.#isStale = true;
  }

  #wire(path: string, seq: number | null): CallName {
    const known = this.#known.get(path);
    if (known === undefined) this.#count(path);
    const lastUsed = seq === null ? 0 : this.#inserted;
    if (known?.inserted !== seq || known.lastUsed !== lastUsed) {
      const entry = { inserted: seq ?? 0, lastUsed };
      this.#known.set(path, entry);
      for (const placeholder of this.#placeholders.values())
        this.#exclude(placeholder, path, entry);
    }
    return new WireName(this.knowledge, path);
  }

  #count(path: string): void {
    const candidate = this.knowledge.candidates.byPath.get(path);
    if (candidate === undefined) return;
    this.#used ??= new Float64Array(this.knowledge.candidates.groups);
    (this.#used[candidate.family] as number)++;
    (this.#used[candidate.service] as number)++;
    this.#isStale = true;
  }

  #placeholder(path: Field): Placeholder {
    let placeholder = this.#placeholders.get(path);
    if (placeholder === undefined) {
      this.#forgetUnreachable();
      this.knowledge.isNeeded = true;
      placeholder = new Placeholder(this.knowledge.candidates, path.seq ?? 0);
      this.#placeholders.set(path, placeholder);
      this.#isStale = true;
    }
    if (placeholder.lastUsed < this.#inserted) {
      placeholder.lastUsed = this.#inserted;
      for (const [path, entry] of this.#known) this.#exclude(placeholder, path, entry);
    }
    return placeholder;
  }

  // What is in no table any more, the one before a hole included, is not asked for again.
  #forgetUnreachable(): void {
    for (const [field, { inserted }] of this.#placeholders) {
      if ((inserted ?? 0) < this.#inserted - FARTHEST_ENTRY) this.#placeholders.delete(field);
    }
  }

  #reconsider(rows: readonly Placeholder[]): void {
    const { candidates } = this.knowledge;
    assign(rows, candidates, this.#used ?? new Float64Array(candidates.groups));
  }

  // Two entries that were in the table at the same time are not the same.
  #exclude(placeholder: Placeholder, path: string, known: Lifetime): void {
    if (!coexisted(known, placeholder)) return;
    const index = this.knowledge.candidates.byPath.get(path)?.index;
    if (index === undefined || placeholder.excluded.has(index)) return;
    placeholder.excluded.add(index);
    this.#isStale = true;
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
    this.#learn('request', bytes);
  }

  response(bytes: Uint8Array): void {
    this.#learn('response', bytes);
  }

  end(): void {}

  #learn(side: 'request' | 'response', bytes: Uint8Array): void {
    if (!this.#knowledge.isNeeded) return;
    const type = this.method()?.[side];
    if (type !== undefined) this.#knowledge.ids.learn(type, bytes);
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
    this.#evidence = placeholder.wantsEvidence ? new Evidence(candidates, ids) : null;
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
    this.#learn(this.method()?.request, bytes);
  }

  response(bytes: Uint8Array, whole: boolean): void {
    this.#label = null;
    this.#evidence?.response(bytes, whole);
    this.#learn(this.method()?.response, bytes);
  }

  end(outcome: Outcome, seenWhole: boolean): void {
    this.#label = null;
    if (this.#evidence === null) return;
    this.#evidence.end(outcome, seenWhole);
    if (this.#placeholder.learn(this.#evidence)) this.#naming.learned(this.#placeholder);
    this.#evidence = null;
  }

  #learn(type: MessageType | undefined, bytes: Uint8Array): void {
    if (type !== undefined) this.#naming.knowledge.ids.learn(type, bytes);
  }
}
