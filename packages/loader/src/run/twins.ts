// Objects often hold one program twice, by two kinds of hooks, and leave the choice to their own
// loader: tp_btf and raw_tp on one tracepoint, fentry and kprobe on one function. Attaching both
// would count everything double.

/** Best first, as libbpf's own tools choose. */
const KINDS: readonly (readonly string[])[] = [
  ['tp_btf', 'raw_tp', 'raw_tracepoint'],
  ['fentry', 'kprobe'],
  ['fexit', 'kretprobe'],
];

interface Place {
  readonly family: number;
  readonly rank: number;
  readonly target: string;
}

function placeOf(section: string): Place | undefined {
  const [, kind = '', target = ''] = /^(\w+)\/(.+)$/.exec(section) ?? [];
  for (const [family, kinds] of KINDS.entries()) {
    const rank = kinds.indexOf(kind);
    if (rank >= 0) return { family, rank, target };
  }
  return undefined;
}

/** The programs in the order in which they should be attached, better kinds first. */
export function inOrder<T extends { section: string }>(programs: readonly T[]): T[] {
  const rank = ({ section }: T): number => placeOf(section)?.rank ?? 0;
  return [...programs].sort((a, b) => rank(a) - rank(b));
}

/** Does one of these do the same as `program`, by a better kind of hook? */
export function twinOf<T extends { section: string }>(
  program: T,
  attached: Iterable<T>,
): T | undefined {
  const place = placeOf(program.section);
  if (place === undefined) return undefined;
  for (const other of attached) {
    const theirs = placeOf(other.section);
    if (theirs === undefined || theirs.rank === place.rank) continue;
    if (theirs.family === place.family && theirs.target === place.target) return other;
  }
  return undefined;
}
