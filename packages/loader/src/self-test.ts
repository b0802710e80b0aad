import type { BpfMap, BpfObject } from '@imagesnoop/bpf-core';
import { kernelPid } from './machine.js';

/** Counts how often the programs ran for this process (bpf/include/filters.bpf.h). */
const COUNTER = 'selftest';

/**
 * Does an attached hook fire? With ftrace switched off, for one, the kernel attaches kprobes and
 * fentry programs without complaint and never runs them.
 *
 * The counter is shared by all programs, so each alternative has to add to what those attached
 * before it count for one trigger.
 */
export class SelfTest {
  /** Why there is no self-test, where it was wanted. */
  readonly note: string | undefined;
  readonly #counter: BpfMap | undefined;
  readonly #trigger: () => void | Promise<void>;
  readonly #tested = new Set<string>();
  #usual = 0;
  /** Programs that count, too, were attached without a test. */
  #stale = false;

  private constructor(
    counter: BpfMap | undefined,
    trigger: () => void | Promise<void>,
    note?: string,
  ) {
    this.#counter = counter;
    this.#trigger = trigger;
    this.note = note;
  }

  /** @param object loaded; without the map `selftest`, or without a trigger, hooks are believed */
  static for(object: BpfObject, trigger: (() => void | Promise<void>) | undefined): SelfTest {
    const counter = object.maps.find(({ name }) => name === COUNTER);
    if (counter === undefined || trigger === undefined) return new SelfTest(undefined, () => {});
    if (kernelPid() === undefined) {
      const note = 'self-test: left out, this is not the initial pid namespace';
      return new SelfTest(undefined, trigger, note);
    }
    return new SelfTest(counter, trigger);
  }

  /** Programs are attached whose firing the trigger does not prove. */
  passOver(programs: readonly string[]): void {
    if (programs.length > 0) this.#stale = true;
  }

  /**
   * To be called before programs are attached that are to be tested: learns what those count that
   * were passed over.
   */
  async prepare(programs: readonly string[]): Promise<void> {
    if (!this.#stale || !this.#isNew(programs)) return;
    this.#usual = await this.#fired();
    this.#stale = false;
  }

  /** @param programs those of one alternative, all attached */
  async fires(programs: readonly string[]): Promise<boolean> {
    if (!this.#isNew(programs)) return true;
    for (const program of programs) this.#tested.add(program);
    const fired = await this.#fired();
    if (fired <= this.#usual) return false;
    this.#usual = fired;
    return true;
  }

  #isNew(programs: readonly string[]): boolean {
    return this.#counter !== undefined && programs.some((program) => !this.#tested.has(program));
  }

  /** How often what is attached counts for one trigger. */
  async #fired(): Promise<number> {
    const before = this.#count();
    await this.#trigger();
    return this.#count() - before;
  }

  #count(): number {
    const value = this.#counter?.lookup(0);
    if (value === undefined) return 0;
    return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
  }
}
