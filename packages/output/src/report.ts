import { writeSync } from 'node:fs';
import { displayText } from './display.js';
import { cause } from './errors.js';
import type { Lost, Summary } from './source.js';

/** Exit codes. */
export const DONE = 0;
export const FAILED = 1;
export const USAGE = 2;
export const CANNOT = 3;

let beforeSaying: () => void = () => {};

/** Calls `listener` before each line that goes to stderr, since both may be one terminal. */
export function onSay(listener: () => void): void {
  beforeSaying = listener;
}

/** Writes a line to stderr; whoever does not read it misses it, and the tool goes on. */
export function say(line: string): void {
  beforeSaying();
  const bytes = Buffer.from(`${line}\n`);
  for (let attempt = 0, at = 0; at < bytes.length && attempt < 10; attempt++) {
    try {
      at += writeSync(2, bytes, at);
    } catch (error) {
      if (cause(error) !== 'EAGAIN') return;
    }
  }
}

/** What an error may carry; recognised by its members, because classes exist once per package copy. */
interface Explained {
  code?: unknown;
  hint?: unknown;
  exitCode?: unknown;
  log?: unknown;
}

/**
 * Tells the user of an error and returns the exit code. An expected error (it has a `code` and a
 * `hint` or `exitCode`) is a message and a hint; any other is a bug and shows its stack.
 */
export function reportError(name: string, error: unknown, verbose: boolean): number {
  const { code, hint, exitCode, log } = (error ?? {}) as Explained;
  const expected =
    error instanceof Error &&
    typeof code === 'string' &&
    (typeof hint === 'string' || typeof exitCode === 'number');
  if (!expected) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`${name}: this is a bug in ${name}, please report it with the lines below`);
    for (const line of stack.split('\n')) say(displayText(line));
    return FAILED;
  }
  say(`${name}: ${displayText(error.message)}${verbose ? ` [${code}]` : ''}`);
  if (typeof hint === 'string' && hint !== '') say(`  ${displayText(hint)}`);
  if (verbose && typeof log === 'string')
    for (const line of log.split('\n')) say(displayText(line));
  if (typeof exitCode === 'number') return exitCode;
  return code.startsWith('USAGE_') ? USAGE : FAILED;
}

/** At most one line a second and cause, so that a flood of losses does not cost more events. */
const LOST_EVERY_MS = 1000;

/** Tells of losses on stderr, while they happen. */
export class LossReport {
  readonly #name: string;
  readonly #pending = new Map<string, { lost: Lost; count: number; saidAt: number }>();

  constructor(name: string) {
    this.#name = name;
  }

  add(lost: Lost, nowMs = performance.now()): void {
    const known = this.#pending.get(lost.cause);
    const entry = known ?? { lost, count: 0, saidAt: Number.NEGATIVE_INFINITY };
    entry.lost = lost;
    entry.count += lost.count;
    this.#pending.set(lost.cause, entry);
    if (nowMs - entry.saidAt >= LOST_EVERY_MS) {
      entry.saidAt = nowMs;
      this.flush(lost.cause);
    }
  }

  /** Tells what has not been told yet, of one cause or of all. */
  flush(only?: string): void {
    for (const [reason, entry] of this.#pending) {
      if (entry.count === 0 || (only !== undefined && reason !== only)) continue;
      const { total, hint } = entry.lost;
      const events = plural(entry.count, 'event');
      const what: Record<string, string> = {
        truncated: `${events} truncated (${total} in all)`,
        recursion: `up to ${events} may be missing (${total} in all)`,
      };
      const unsent = `${events} not sent (${reason}, ${total} in all)`;
      const lost = `lost ${events} (${reason}, ${total} in all)`;
      const told = what[reason] ?? (isUnsent(reason) ? unsent : lost);
      say(`${this.#name}: ${told}: ${hint}`);
      entry.count = 0;
    }
  }
}

/** Only a collector lacks these events. */
export function isUnsent(reason: string): boolean {
  return reason.startsWith('otlp_');
}

/** `1234 events, 0 lost`; with a collector also how many it has not got. */
export function summaryLine(
  { events, lost, truncated, unsent, durationMs }: Summary,
  verbose: boolean,
): string {
  const cut = truncated > 0 ? `, ${truncated} truncated` : '';
  const sent = unsent === null ? '' : `, ${unsent} not sent`;
  const line = `${plural(events, 'event')}, ${lost} lost${cut}${sent}`;
  if (!verbose) return line;
  const seconds = durationMs / 1000;
  return `${line} in ${seconds.toFixed(1)} s (${Math.round(events / Math.max(seconds, 0.001))}/s)`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
