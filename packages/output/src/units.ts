const SIZES = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

const TIMES = [
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const;

/** A number of bytes for people, `0 B`, `1.5 KB`, `16 MB`; a KB is 1024 bytes, as in bcc's tools. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${short(value)} ${SIZES[unit]}`;
}

/** A time span for people, `850 ns`, `1.2 ms`, `95 s`. */
export function nanosecondsText(ns: number): string {
  let [name, size]: readonly [string, number] = TIMES[0];
  for (const [larger, largerSize] of TIMES) {
    if (Math.abs(ns) / size < 999.5) break;
    [name, size] = [larger, largerSize];
  }
  return `${short(ns / size)} ${name}`;
}

/** How often per second, `385/s`; `perSecond` may use a unit, as in `1.5 MB/s`. */
export function rateText(
  count: number,
  durationMs: number,
  text: (perSecond: number) => string = (perSecond) => short(perSecond),
): string {
  return `${text(durationMs > 0 ? (count * 1000) / durationMs : 0)}/s`;
}

/** One decimal below ten, none above. */
function short(value: number): string {
  return Math.abs(value) < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}
