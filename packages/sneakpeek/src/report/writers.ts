import { fileChanges } from '../watch/index.js';
import type { Writer } from './page.js';

/** As many writers, and files of each, as a page shows; more writers are counted together. */
const MOST_WRITERS = 50;
const MOST_PATHS = 5;

interface Counted {
  readonly comm: string;
  readonly argv: string;
  changes: number;
  readonly paths: Set<string>;
}

/** Who changed which files, by command and arguments. */
export class Writers {
  readonly #all = new Map<string, Counted>();

  /** @returns the busiest first */
  async watch(container: string, signal: AbortSignal): Promise<readonly Writer[]> {
    const select = { containers: [container] };
    for await (const event of fileChanges({ select, signal })) {
      if (event.type === 'change') this.#add(event.comm, event.argv.join(' '), event.path);
    }
    return [...this.#all.values()]
      .sort((a, b) => b.changes - a.changes)
      .map((each) => ({ ...each, paths: [...each.paths] }));
  }

  #add(comm: string, argv: string, path: string | null): void {
    const own = `${comm}\0${argv}`;
    const isOther = !this.#all.has(own) && this.#all.size >= MOST_WRITERS;
    const key = isOther ? '' : own;
    const writer = this.#all.get(key) ?? {
      ...(isOther ? { comm: 'others', argv: '' } : { comm, argv }),
      ...{ changes: 0, paths: new Set<string>() },
    };
    this.#all.set(key, writer);
    writer.changes++;
    if (path !== null && writer.paths.size < MOST_PATHS) writer.paths.add(path);
  }
}
