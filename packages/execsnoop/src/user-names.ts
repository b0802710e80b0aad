import { readFileSync } from 'node:fs';

/** Users of this machine by their ids; passwd(5). */
export function userNames(passwd: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of readFileSync(passwd, 'utf8').split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
