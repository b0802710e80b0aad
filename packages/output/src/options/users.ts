import { readFileSync } from 'node:fs';
import { BadValue } from './option.js';

/**
 * The id of a user of this machine. Source: passwd(5); names that only a directory service knows are
 * not found, their ids always work.
 */
export function userId(name: string, passwd = '/etc/passwd'): number {
  for (const line of readFileSync(passwd, 'utf8').split('\n')) {
    const [user, , id] = line.split(':');
    if (user === name && id !== undefined && /^[0-9]+$/.test(id)) return Number(id);
  }
  throw new BadValue(`there is no user '${name}' in ${passwd}`);
}
