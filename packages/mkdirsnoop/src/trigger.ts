import { mkdirSync } from 'node:fs';

/** A mkdir that fails and changes nothing, to see whether the hooks fire. */
export function trigger(): void {
  try {
    mkdirSync('/');
  } catch {
    // EEXIST, as meant
  }
}
