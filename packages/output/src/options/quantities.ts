const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const MS: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Bytes of `16M`, `512k`, `4096`, `1GiB`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]{1,15})([kmg]?)(?:i?b)?$/i.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (SIZE_UNITS[(match[2] as string).toLowerCase()] as number);
}

/** The shortest exact text of a size, `16M`. */
export function formatSize(bytes: number): string {
  for (const [suffix, unit] of [
    ['G', 2 ** 30],
    ['M', 2 ** 20],
    ['K', 2 ** 10],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`;
  }
  return `${bytes}`;
}

/** Milliseconds of `10` (seconds), `2.5`, `500ms`, `5m`, `1h`, `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)?$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (MS[match[2] ?? ''] as number);
}
