import type { ContainerInfo } from './container.js';
import { ContainersError } from './errors.js';

/**
 * Names as a user gives them; a leading `!` excludes. Lists of different kinds all have to
 * match; within a list one match is enough.
 */
export interface Selector {
  /** Names, ids or id prefixes. */
  readonly containers?: readonly string[];
  readonly pods?: readonly string[];
  /** Kubernetes namespaces. */
  readonly namespaces?: readonly string[];
}

export type Kind = 'container' | 'pod' | 'namespace';

export interface Rule {
  readonly kind: Kind;
  readonly text: string;
  readonly exclude: boolean;
}

/** `include`: only those that match; `exclude`: all processes but those that match. */
export type Mode = 'include' | 'exclude';

/** What can follow `!` or stand alone: names and ids of all runtimes and of Kubernetes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/;
const SHORTEST_PREFIX = 2;

/** Checks the names' form. Throws CONTAINER_SELECTOR_INVALID. */
export function parseSelector({ containers, pods, namespaces }: Selector): Rule[] {
  const rules = (kind: Kind, texts: readonly string[] = []): Rule[] =>
    texts.map((given) => {
      const exclude = given.startsWith('!');
      const text = exclude ? given.slice(1) : given;
      if (!NAME.test(text)) {
        throw new ContainersError(
          'CONTAINER_SELECTOR_INVALID',
          `select ${kind}s: '${given}' is not a name`,
          {
            hint: `Give ${kind} names${kind === 'container' ? ', ids or id prefixes' : ''}; '!' in front excludes.`,
          },
        );
      }
      return { kind, text, exclude };
    });
  const all = [
    ...rules('container', containers),
    ...rules('pod', pods),
    ...rules('namespace', namespaces),
  ];
  if (all.length > 0) return all;
  throw new ContainersError('CONTAINER_SELECTOR_INVALID', 'select containers: no name given', {
    hint: 'Give at least one container, pod or namespace.',
  });
}

export const modeOf = (rules: readonly Rule[]): Mode =>
  rules.some((rule) => !rule.exclude) ? 'include' : 'exclude';

/** What is asked for as a container's name or id, excluded ones too. */
export const namesIn = (rules: readonly Rule[]): ReadonlySet<string> =>
  new Set(rules.filter(({ kind }) => kind === 'container').map(({ text }) => text));

/** How a rule fits a container; an exact fit goes before a prefix. */
export function fit({ kind, text }: Rule, info: ContainerInfo): 'exact' | 'prefix' | null {
  if (kind === 'pod') return info.k8s?.pod === text ? 'exact' : null;
  if (kind === 'namespace') return info.k8s?.namespace === text ? 'exact' : null;
  if (info.name === text || info.id === text) return 'exact';
  return text.length >= SHORTEST_PREFIX && info.id.startsWith(text) ? 'prefix' : null;
}

/**
 * Whether the container belongs into the kernel's set: for mode `include` those let through, for
 * mode `exclude` those held back. `fits` decides a single rule.
 */
export function isMember(rules: readonly Rule[], fits: (rule: Rule) => boolean): boolean {
  const excluded = rules.some((rule) => rule.exclude && fits(rule));
  if (modeOf(rules) === 'exclude') return excluded;
  if (excluded) return false;
  return (['container', 'pod', 'namespace'] as const).every((kind) => {
    const wanted = rules.filter((rule) => rule.kind === kind && !rule.exclude);
    return wanted.length === 0 || wanted.some(fits);
  });
}

/** Edits (insert, delete, replace, swap neighbours) from one text to another. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The names most like the given one, nearest first, none that is unlike it. */
export function nearNames(text: string, names: Iterable<string>, most = 3): string[] {
  const limit = Math.max(1, Math.floor(text.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, far: name.includes(text) ? 0.5 : distance(text, name) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}
