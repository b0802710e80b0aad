// What every part of the kernels tooling shares: the cache, notices, and the form of its errors.
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

/** Kernels, initial file systems, emulator and guest roots; safe to delete at any time. */
export const cache = join(repository, '.cache/kernels');

/** One line for people, on stderr: stdout belongs to the guest's command. */
export const note = (text) => process.stderr.write(`kernels: ${text}\n`);

/** An expected failure with a stable code and advice. */
export class KernelsError extends Error {
  constructor(code, message, hint, cause) {
    super(message, { cause });
    this.name = 'KernelsError';
    this.code = code;
    this.hint = hint;
  }
}

export const fail = (code, message, hint, cause) => new KernelsError(code, message, hint, cause);

/** Ends a command as every command of ours ends on an expected failure: message, advice, status. */
export function report(error, status) {
  const known = typeof error?.hint === 'string';
  process.stderr.write(known ? `${error.message}\n${error.hint}\n` : `${error?.stack ?? error}\n`);
  process.exitCode = status;
}
