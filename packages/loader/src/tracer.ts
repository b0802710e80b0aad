import type { BpfMap, BpfObject, Link } from '@imagesnoop/bpf-core';
import { type Batch, BatchReader } from './batches.js';
import { DecodeError, LoaderError } from './errors.js';
import { LiveSet, OtherOwners } from './filters.js';
import { Judge, type Verdict } from './judge.js';
import { Layout } from './layout.js';
import { LossCounter, type Lost } from './losses.js';
import type { HookChoice } from './plan.js';
import { type DropOptions, dropPrivileges } from './privileges.js';
import type { Cursor } from './record.js';
import { RecordShapes } from './rows.js';

/** Containers by what the kernel knows of them; either identifies its processes. */
export interface ContainerSet {
  /** Inodes of mount namespaces. */
  readonly mntns: Iterable<number | bigint>;
  /** Ids of cgroups; their descendants count too. */
  readonly cgroups: Iterable<bigint>;
}

/** The struct that events begin with (bpf/include/event.h). */
const HEADER = 'event_header';
const RING_BUFFER = 'ringbuf';

/** A loaded, attached object. Made by `openTracer()`; whoever opened it closes it. */
export class Tracer {
  /** For each logical event the hook in use, and why others were not. */
  readonly hooks: readonly HookChoice[];
  /** What else there is to say about how this tracer came to be, for `-v`. */
  readonly notes: string[];
  readonly #object: BpfObject;
  readonly #losses: LossCounter;
  readonly #shapes: RecordShapes;
  readonly #reader: BatchReader;
  readonly #links: Map<string, Link>;
  #judge: Judge | undefined;
  #containers: { mntns: LiveSet; cgroups: LiveSet } | undefined;
  #state: 'open' | 'reading' | 'closed' = 'open';

  /** @internal Use `openTracer()`. */
  constructor(
    object: BpfObject,
    links: ReadonlyMap<string, Link>,
    hooks: readonly HookChoice[],
    notes: string[],
  ) {
    this.#object = object;
    this.#links = new Map(links);
    this.hooks = hooks;
    this.notes = notes;
    this.#losses = LossCounter.of(object);
    const header = object.struct(HEADER);
    this.#shapes = new RecordShapes(header && new Layout(header), () =>
      this.#losses.countUndecoded(),
    );
    this.#reader = new BatchReader({
      maps: object.maps.filter(({ type }) => type === RING_BUFFER),
      shapes: this.#shapes,
      losses: this.#losses,
      detach: () => this.detach(),
    });
  }

  /**
   * Readers for a struct of the object.
   *
   * @param struct name of the struct, as in the C source
   * @param type which records are read with it: those with this value in `header.type`; all records
   *   if left out. A record that is too short for its struct is not delivered but counted as lost,
   *   and so is one of a type that no layout was made for, once one was.
   * @throws DecodeError `LAYOUT_NO_STRUCT` if the object's BTF has no such struct
   */
  layout(struct: string, type?: number): Layout {
    const found = this.#object.struct(struct);
    if (found === undefined) {
      throw new DecodeError('LAYOUT_NO_STRUCT', `the object has no struct ${struct} in its BTF`, {
        hint: 'Mention it in the program: a struct that nothing refers to is left out.',
      });
    }
    const layout = new Layout(found);
    this.#shapes.expect(layout, type);
    return layout;
  }

  /**
   * A map of the object, for what does not go through the ring buffer.
   *
   * @throws BpfError `BPF_NO_SUCH_MAP`
   */
  map(name: string): BpfMap {
    return this.#object.map(name);
  }

  /** The object itself, for what a tool attaches on its own, such as iterators. */
  get object(): BpfObject {
    return this.#object;
  }

  /**
   * Records as they arrive, until `signal` aborts or the loop is left; then the programs are
   * detached, what is still in the ring buffers is delivered (on abort), and losses are complete.
   * Losses alone make a batch without rows. To be called once.
   *
   * @throws LoaderError `TRACER_BUSY` the second time, `TRACER_CLOSED` after `close()`
   */
  batches(signal?: AbortSignal): AsyncIterable<Batch<Cursor>> {
    if (this.#state === 'closed')
      throw new LoaderError('TRACER_CLOSED', 'batches: this tracer is closed');
    if (this.#state === 'reading')
      throw new LoaderError('TRACER_BUSY', 'batches: this tracer is being read already');
    this.#state = 'reading';
    const batches = this.#reader.batches(signal);
    return this.#judge === undefined ? batches : this.#judged(batches, this.#judge);
  }

  /**
   * Decides about each event whether its owner is wanted; events of owners not known yet are held,
   * in bounded number and for two seconds at most. To be called before `batches()`, when the filter
   * `judged` is set.
   */
  judgeBy(verdict: Verdict): void {
    const header = this.#object.struct(HEADER);
    if (header === undefined) return;
    this.#judge = new Judge({
      header: new Layout(header),
      verdict,
      others: new OtherOwners(this.#object.map('filter_container_others')),
      onReady: () => this.#reader.ask(),
      onLost: () => this.#losses.countUnheld(),
    });
  }

  /** Asks for all owners anew: more is known than before. */
  reconsider(): void {
    if (this.#state !== 'closed') this.#judge?.reconsider();
  }

  /** Those of some events, found in another place than the ring buffer, whose owners are wanted. */
  judged(rows: Iterable<Cursor>): Iterable<Cursor> {
    return this.#judge === undefined ? rows : this.#judge.sift(rows);
  }

  async *#judged(
    batches: AsyncIterable<Batch<Cursor>>,
    judge: Judge,
  ): AsyncGenerator<Batch<Cursor>, void, void> {
    for await (const { rows, lost } of batches) yield { rows: judge.sift(rows), lost };
    yield { rows: judge.rest(), lost: this.#losses.take() };
  }

  /**
   * Names the containers that the filter `containers` includes or excludes; replaces those named
   * before. Works at any time while the tracer is open.
   *
   * @throws BpfError if the kernel refuses, e.g. when there are more than fit (8192)
   */
  setContainers({ mntns, cgroups }: ContainerSet): void {
    this.#containers ??= {
      mntns: new LiveSet(this.#object.map('filter_container_mntns')),
      cgroups: new LiveSet(this.#object.map('filter_container_cgroups')),
    };
    this.#containers.mntns.replace(mntns);
    this.#containers.cgroups.replace(cgroups);
  }

  /** Losses since they were last told, read now; for tools that do not read batches. */
  newLosses(): readonly Lost[] {
    this.#losses.read();
    return this.#losses.take();
  }

  /** How full the ring buffer between kernel and process is, 0 to 1. */
  get bufferFill(): number {
    return this.#reader.fill;
  }

  /** All losses since the start, read now. */
  lost(): readonly Lost[] {
    if (this.#state !== 'closed') this.#losses.read();
    return this.#losses.totals();
  }

  /**
   * Gives up root on all threads of this process, for good; see `dropPrivileges()`. What is open
   * stays usable. Adds a note that says who the process is now.
   */
  dropPrivileges(options: DropOptions = {}): void {
    this.notes.push(dropPrivileges(options, () => this.#losses.read()));
  }

  /** Detaches the programs: no events from now on. Or some of them, by name. Idempotent. */
  detach(programs: Iterable<string> = [...this.#links.keys()]): void {
    for (const program of programs) {
      this.#links.get(program)?.close();
      this.#links.delete(program);
    }
  }

  /** Detaches and unloads everything. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#judge?.close();
    this.detach();
    this.#reader.close();
    this.#object.close();
  }
}
