/** How a histogram is labelled and how wide its bars are. */
export interface HistogramOptions {
  /** What is counted, such as `usecs`. */
  readonly label: string;
  /** Longest bar in columns; 36 leaves the lines within 80. */
  readonly barWidth?: number;
}

/** The slot of a value: 0 for 0 and 1, else the position of its highest bit. */
export function log2Slot(value: number): number {
  return value < 2 ? 0 : Math.floor(Math.log2(value));
}

/**
 * Lines of a power-of-two histogram, from its first used slot to its last.
 *
 * @param slots how many values fell into each slot: slot 0 holds 0 and 1, slot n holds 2^n to
 *   2^(n+1) - 1, as BPF programs count with `log2l`
 * @returns a heading and a line per slot; nothing when all slots are empty
 */
export function log2Histogram(
  slots: readonly number[],
  { label, barWidth = 36 }: HistogramOptions,
): string[] {
  const first = slots.findIndex((count) => count > 0);
  if (first < 0) return [];
  const last = slots.findLastIndex((count) => count > 0);
  const most = Math.max(...slots);
  const bound = (slot: number) => String(2 ** slot);
  const width = Math.max(bound(last + 1).length, label.length - 6, 1);
  const counts = Math.max(String(most).length, 'count'.length);
  const lines = [`${label.padStart(2 * width + 4)} : ${'count'.padStart(counts)}  distribution`];
  for (let slot = first; slot <= last; slot++) {
    const count = slots[slot] as number;
    const from = (slot === 0 ? '0' : bound(slot)).padStart(width);
    const to = String(2 ** (slot + 1) - 1).padEnd(width);
    const bar = '*'.repeat(Math.round((count / most) * barWidth)).padEnd(barWidth);
    lines.push(`${from} -> ${to} : ${String(count).padStart(counts)} |${bar}|`);
  }
  return lines;
}
