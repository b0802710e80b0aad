import { setImmediate } from 'node:timers/promises';
import { renderJson } from '@imagesnoop/containers';
import { type ChangeRow, rowOf } from '../change-row.js';
import { treesOf } from '../changed-files.js';
import { changes } from '../files/changes.js';
import { findTargets, type Target } from '../targets.js';

/** What a walk over the files of a container has found. */
export interface CountedFiles {
  /** Of the container. */
  readonly id: string;
  /** How many differ from the image; null where that is not to be had. */
  readonly files: number | null;
  /** Those that changed last, the newest first; none of containers that are not looked into. */
  readonly newest: readonly ChangeRow[];
}

/** As many changes as any screen shows. */
const MOST_NEWEST = 100;
/** Between two walks, at least. */
const REST_MS = 5000;
/** And as many times as long as the walk before took: a tenth of one processor at most. */
const REST_FACTOR = 9;
const TURN_MS = 20;

/** Counts, again and again, what is changed in all containers of this machine. */
export class FilePasses {
  readonly #tell: (counted: CountedFiles) => void;
  #looked: string | null = null;
  #wake: () => void = () => {};

  constructor(tell: (counted: CountedFiles) => void) {
    this.#tell = tell;
  }

  /** Of this container the newest changes are wanted, too, and soon. */
  lookInto(id: string | null): void {
    this.#looked = id;
    if (id !== null) this.#wake();
  }

  /** Never ends. */
  async run(): Promise<never> {
    for (;;) {
      const begun = performance.now();
      const looked = this.#looked;
      await this.#pass();
      const rest = Math.max(REST_MS, REST_FACTOR * (performance.now() - begun));
      // Asked for another one meanwhile: it does not wait.
      if (this.#looked === looked || this.#looked === null) await this.#rest(rest);
    }
  }

  async #pass(): Promise<void> {
    const targets = await findTargets({}).then(
      (found) => {
        for (const { container } of found.missed) this.#told(container.id);
        return found.targets;
      },
      () => [],
    );
    const isLooked = ({ container }: Target) => Number(container.id === this.#looked);
    for (const target of targets.toSorted((a, b) => isLooked(b) - isLooked(a))) {
      try {
        this.#tell(await this.#count(target));
      } catch {
        this.#told(target.container.id); // it ended meanwhile
      }
    }
  }

  #told(id: string): void {
    this.#tell({ id, files: null, newest: [] });
  }

  async #count(target: Target): Promise<CountedFiles> {
    const { id } = target.container;
    const whose = { ...renderJson(target.container), node: null };
    const isWanted = id === this.#looked;
    let files = 0;
    let newest: ChangeRow[] = [];
    let until = performance.now() + TURN_MS;
    const { base, now } = treesOf(target);
    for (const change of changes(base, now)) {
      files++;
      if (isWanted) newest.push(rowOf(change, whose, null));
      if (newest.length >= 2 * MOST_NEWEST) newest = newestOf(newest);
      if (performance.now() < until) continue;
      await setImmediate();
      until = performance.now() + TURN_MS;
    }
    return { id, files, newest: newestOf(newest) };
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

const newestOf = (rows: readonly ChangeRow[]): ChangeRow[] =>
  rows.toSorted((a, b) => Number(b.mtimeNs - a.mtimeNs)).slice(0, MOST_NEWEST);
