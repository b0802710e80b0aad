import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfObject, type Link } from '@imagesnoop/bpf-core';
import { attachProgram, improbable } from './attach.js';
import { LoaderError } from './errors.js';
import { configureFilters, type Filters, PinnedFilters } from './filters.js';
import { HookChooser } from './hooks.js';
import { forgetKernelNames, kernelKnows } from './kernel-names.js';
import { kernelPid } from './machine.js';
import type { TracerPlan } from './plan.js';
import { checkProcesses, completeTrees } from './process-tree.js';
import { checkMachine, explain, isRefusal, reasonOf } from './refusal.js';
import { SelfTest } from './self-test.js';
import { Tracer } from './tracer.js';

export interface TracerSettings {
  readonly filters?: Filters | undefined;
  /** Force this alternative (`--hook`), for the events that have it. */
  readonly hook?: string | undefined;
  /** Size of each ring buffer in bytes; rounded up to a power of two of at least a page. */
  readonly buffer?: number | undefined;
  /** BTF file that stands in for the kernel's own (`--btf`). */
  readonly btf?: string | undefined;
  /** Values of the object's `const volatile` variables, by name. */
  readonly rodata?: Readonly<Record<string, number | bigint | boolean | Uint8Array>> | undefined;
  /** Sizes of maps, by name, in entries. */
  readonly mapSizes?: Readonly<Record<string, number>> | undefined;
}

const PAGE = 4096;
/** The kernel's limit for a ring buffer is half the address space; this one is for typing errors. */
const LARGEST_BUFFER = 2 ** 31;

/**
 * Opens the plan's object, sets filters and variables, chooses hooks by trying, loads and attaches.
 * When it returns, events are being recorded.
 *
 * For each logical event the alternatives are tried in order: the first whose programs the kernel
 * loads and attaches, and which is seen to fire when this process does the thing itself, is used.
 * The programs of the others are not even loaded.
 *
 * @returns a tracer that the caller closes; should the process die, the kernel does
 * @throws UnsupportedError `HOOK_UNAVAILABLE`, `BTF_MISSING`, `KERNEL_TOO_OLD`, `LOCKDOWN`,
 *   PermissionError `PERMISSION_MISSING`, UsageError `HOOK_UNKNOWN`, `FILTER_*`, `BUFFER_RANGE`,
 *   LoaderError `OBJECT_MISSING`, `PROCESS_MISSING`; BpfError for what the kernel refuses apart from
 *   hooks
 *
 * @example
 * const tracer = await openTracer({ object, hooks: { mkdir: [{ name: 'fexit', programs: ['mkdir_fexit'] }] } });
 */
export async function openTracer(plan: TracerPlan, settings: TracerSettings = {}): Promise<Tracer> {
  checkMachine(settings.btf);
  checkProcesses(settings.filters?.trees ?? []);
  const chooser = new HookChooser(plan.hooks, settings.hook);
  const pinned = new PinnedFilters(settings.filters ?? {});
  try {
    const source = readObject(plan.object);
    for (;;) {
      const tracer = await new Attempt(plan, settings, chooser, source).run(pinned);
      if (tracer !== undefined) return tracer;
    }
  } finally {
    pinned.close();
    forgetKernelNames();
  }
}

/** One way through open, load and attach with the alternatives that are left. */
class Attempt {
  readonly #plan: TracerPlan;
  readonly #settings: TracerSettings;
  readonly #chooser: HookChooser;
  readonly #object: BpfObject;
  readonly #links = new Map<string, Link>();

  constructor(
    plan: TracerPlan,
    settings: TracerSettings,
    chooser: HookChooser,
    source: Uint8Array,
  ) {
    this.#plan = plan;
    this.#settings = settings;
    this.#chooser = chooser;
    const { btf } = settings;
    const name = basename(plan.object.pathname, '.bpf.o');
    this.#object = BpfObject.open(source, btf === undefined ? { name } : { name, btf });
  }

  /** @returns undefined if an alternative was given up and the next one is to be tried */
  async run(pinned: PinnedFilters): Promise<Tracer | undefined> {
    try {
      this.#chooser.rejectWithout((helper) => kernelKnows(helper) !== false);
      this.#chooser.rejectWhere((name) => improbable(this.#object.program(name)));
      if (!this.#load(pinned)) return this.#undo();
      const selfTest = SelfTest.for(this.#object, this.#plan.trigger);
      for (const { event, alternative } of this.#chooser.current) {
        const { programs, attach, selfTest: isTested } = alternative;
        if (attach === false) continue;
        if (isTested === false) selfTest.passOver(programs);
        else await selfTest.prepare(programs);
        if (!this.#attach(programs)) return this.#undo();
        if (isTested === false || (await selfTest.fires(programs))) continue;
        this.#chooser.reject(event, 'attached, but did not fire when this process did the thing');
        return this.#undo();
      }
      const { trees } = this.#settings.filters ?? {};
      if (trees !== undefined) completeTrees(this.#object.map('filter_trees'), trees);
      const notes = selfTest.note === undefined ? [] : [selfTest.note];
      return new Tracer(this.#object, this.#links, this.#chooser.choices, notes);
    } catch (error) {
      this.#undo();
      throw explain(error);
    }
  }

  #load(pinned: PinnedFilters): boolean {
    const object = this.#object;
    for (const { alternative } of this.#chooser.current) setValues(object, alternative);
    const fillFilters = configure(object, this.#settings, pinned);
    const others = this.#plan.programs ?? [];
    for (const program of object.programs)
      program.autoload = this.#chooser.needs(program.name) || others.includes(program.name);
    try {
      object.load();
    } catch (error) {
      this.#giveUp(error, isRefusal(error) ? error.program : undefined);
      return false;
    }
    fillFilters();
    for (const { alternative } of this.#chooser.current) {
      for (const [map, program] of Object.entries(alternative.calls ?? {}))
        object.map(map).setProgram(0, object.program(program));
    }
    return true;
  }

  #attach(programs: readonly string[]): boolean {
    for (const name of programs) {
      if (this.#links.has(name)) continue;
      try {
        this.#links.set(name, attachProgram(this.#object, name));
      } catch (error) {
        this.#giveUp(error, name, this.#object.program(name).section);
        return false;
      }
    }
    return true;
  }

  /**
   * A refusal that concerns one program of some alternative is not the end.
   *
   * @param place where it could not be attached, so that no other program can be
   */
  #giveUp(error: unknown, program: string | undefined, place?: string): void {
    if (program === undefined || !this.#chooser.needs(program)) throw error;
    const why = reasonOf(error);
    this.#chooser.rejectWhere((name) =>
      name === program || this.#object.program(name).section === place ? why : undefined,
    );
  }

  #undo(): undefined {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#object.close();
  }
}

function setValues(
  object: BpfObject,
  { rodata = {}, mapSizes = {} }: Pick<TracerSettings, 'rodata' | 'mapSizes'>,
): void {
  for (const [name, value] of Object.entries(rodata)) object.setGlobal(name, value);
  for (const [name, size] of Object.entries(mapSizes)) object.map(name).maxEntries = size;
}

function configure(object: BpfObject, settings: TracerSettings, pinned: PinnedFilters): () => void {
  setValues(object, settings);
  if (settings.buffer !== undefined) {
    const size = bufferSize(settings.buffer);
    for (const map of object.maps) if (map.type === 'ringbuf') map.maxEntries = size;
  }
  const pid = kernelPid();
  if (pid !== undefined && object.maps.some(({ name }) => name === 'selftest'))
    object.setGlobal('cfg_self_pid', pid);
  return configureFilters(object, settings.filters ?? {}, pinned);
}

/**
 * The size the kernel will accept for `--buffer`: a power of two, at least a page.
 *
 * @throws UsageError `BUFFER_RANGE`
 */
export function bufferSize(bytes: number): number {
  if (!(bytes > 0 && bytes <= LARGEST_BUFFER))
    throw new LoaderError('BUFFER_RANGE', `--buffer: ${bytes} is not between 1 and 2G bytes`);
  return Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes)));
}

/** The object for this machine: `x.arm64.bpf.o` beside `x.bpf.o` where the two differ. */
function readObject(url: URL): Uint8Array {
  const path = fileURLToPath(url);
  const own = path.replace(/\.bpf\.o$/, `.${process.arch}.bpf.o`);
  try {
    try {
      return readFileSync(own);
    } catch {
      return readFileSync(path);
    }
  } catch (cause) {
    throw new LoaderError('OBJECT_MISSING', `cannot read the BPF object ${path}`, {
      cause,
      hint: 'It is part of the package: install it again, or build it in a clone.',
    });
  }
}
