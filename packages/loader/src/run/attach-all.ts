import { basename } from 'node:path';
import { type BpfMap, BpfObject, type Link } from '@imagesnoop/bpf-core';
import { attachProgram } from '../attach.js';
import { type Rejection, UnsupportedError } from '../errors.js';
import { isRefusal, reasonOf } from '../refusal.js';
import { inOrder, twinOf } from './twins.js';

/**
 * Opens and loads an object; a program that the kernel refuses is left out and the rest is tried
 * again, since objects often hold several programs of which one is meant to be used.
 *
 * @param inspect looks at the object before it is loaded: the kernel's side of a ring buffer has no
 *   type any more
 * @throws the refusal when it concerns no single program, or the last one
 */
export function loadWhatLoads(
  source: Uint8Array,
  path: string,
  btf: string | undefined,
  inspect: (unloaded: BpfObject) => void,
): { object: BpfObject; refused: Rejection[] } {
  const refused: Rejection[] = [];
  for (;;) {
    const name = basename(path).replace(/(\.bpf)?\.o$/, '');
    const object = BpfObject.open(source, btf === undefined ? { name } : { name, btf });
    const left = object.programs.filter(({ autoload }) => autoload);
    for (const program of left)
      if (refused.some(({ name }) => name === program.name)) program.autoload = false;
    for (const map of object.maps) if (isUnsized(map)) map.maxEntries = DEFAULT_ENTRIES;
    try {
      inspect(object);
      object.load();
      return { object, refused };
    } catch (error) {
      object.close();
      const program = isRefusal(error) ? error.program : undefined;
      if (program === undefined || refused.some(({ name }) => name === program)) throw error;
      refused.push({ name: program, why: reasonOf(error) });
      if (refused.length === left.length) throw nothing(path, refused);
    }
  }
}

/** Room in maps whose size the object leaves to its own loader. */
const DEFAULT_ENTRIES = 10240;

/** libbpf sizes perf buffers by itself. */
function isUnsized({ type, maxEntries }: BpfMap): boolean {
  return maxEntries === 0 && /hash|array|stack_trace|queue/.test(type) && !type.startsWith('perf');
}

/** What of an object is attached, and why the rest is not. */
export interface Attached {
  /** Detaches all; idempotent. */
  detach(): void;
  /** For people: what failed, and with `verbose` also what did not. */
  lines(verbose: boolean): string[];
}

/** @throws UnsupportedError `NOTHING_ATTACHED` */
export function attachAll(object: BpfObject, refused: readonly Rejection[]): Attached {
  const failed: Rejection[] = [...refused];
  const links = new Map<string, Link>();
  for (const program of inOrder(object.programs.filter(({ autoload }) => autoload))) {
    const { name } = program;
    const twin = twinOf(
      program,
      object.programs.filter((other) => links.has(other.name)),
    );
    if (twin !== undefined) {
      failed.push({ name, why: `left out, ${twin.name} does the same` });
      continue;
    }
    try {
      links.set(name, attachProgram(object, name));
    } catch (error) {
      failed.push({ name, why: reasonOf(error) });
    }
  }
  if (links.size === 0) throw nothing('the object', failed);
  return {
    detach() {
      for (const link of links.values()) link.close();
      links.clear();
    },
    lines(verbose) {
      const good = [...links.keys()].map(
        (name) => `program ${name}: attached to ${object.program(name).section}`,
      );
      return [
        ...(verbose ? good : []),
        ...failed.map(({ name, why }) => `program ${name}: ${why}`),
      ];
    },
  };
}

function nothing(what: string, tried: readonly Rejection[]): UnsupportedError {
  const reasons = tried.map(({ name, why }) => `${name}: ${why}`).join('; ');
  return new UnsupportedError(
    'NOTHING_ATTACHED',
    `no program of ${what} can be used (${reasons})`,
    {
      feature: 'attaching',
      tried,
      hint: 'Run `loader doctor` to see which kinds of hooks this machine has.',
    },
  );
}
