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

  /** @param programs those of one alternative, all attached */
  async fires(programs: readonly string[]): Promise<boolean> {
    if (this.#counter === undefined) return true;
    if (programs.every((program) => this.#tested.has(program))) return true;
    for (const program of programs) this.#tested.add(program);
    const before = this.#count();
    await this.#trigger();
    const fired = this.#count() - before;
    if (fired <= this.#usual) return false;
    this.#usual = fired;
    return true;
  }

  #count(): number {
    const value = this.#counter?.lookup(0);
    if (value === undefined) return 0;
    return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
  }
}
