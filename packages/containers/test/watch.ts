import type { Containers, SelectionChange, Selector } from '../src/index.js';

/** Waits for what the containers package reports, without asking twice. */
export class Watch {
  readonly changes: (SelectionChange & { readonly at: number })[] = [];
  #waiting: (() => void)[] = [];

  static async of(containers: Containers, selector: Selector): Promise<Watch> {
    const watch = new Watch();
    await containers.select(selector, {
      wait: true,
      onChange: (change) => {
        watch.changes.push({ ...change, at: performance.timeOrigin + performance.now() });
        for (const wake of watch.#waiting.splice(0)) wake();
      },
    });
    return watch;
  }

  /** The first change, past or to come, for which the test holds. */
  async until(
    holds: (change: SelectionChange) => boolean,
  ): Promise<SelectionChange & { at: number }> {
    for (;;) {
      const found = this.changes.find(holds);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  added = (): Promise<SelectionChange & { at: number }> =>
    this.until(({ add }) => add.mntns.length + add.cgroups.length > 0);

  removed = (): Promise<SelectionChange & { at: number }> =>
    this.until(({ remove }) => remove.mntns.length + remove.cgroups.length > 0);
}
