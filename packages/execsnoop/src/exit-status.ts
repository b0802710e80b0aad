import { constants } from 'node:os';

const NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** What a process returned, from its status as wait(2) gives it; null when a signal ended it. */
export function exitCode(status: number): number | null {
  return (status & 0x7f) === 0 ? (status >>> 8) & 0xff : null;
}

/** The signal that ended a process; null when it ended by itself. Real-time ones have numbers only. */
export function exitSignal(status: number): string | null {
  const number = status & 0x7f;
  if (number === 0) return null;
  return NAMES.get(number) ?? `SIG${number}`;
}
