import { readFileSync } from 'node:fs';

/** Which interfaces are wanted, by name. */
export interface NamePatterns {
  readonly include: readonly RegExp[];
  readonly exclude: readonly RegExp[];
  /** Those without `*`, `?` or `[`: they have to be there. */
  readonly exact: readonly string[];
}

/** `eth0`, `veth*`, `!docker0`; a pattern is a shell's: `*`, `?` and `[a-z]`. */
export function parsePatterns(given: readonly string[]): NamePatterns {
  const include = given.filter((text) => !text.startsWith('!'));
  const exclude = given.filter((text) => text.startsWith('!')).map((text) => text.slice(1));
  return {
    include: include.map(toRegExp),
    exclude: exclude.map(toRegExp),
    exact: include.filter((text) => !/[*?[]/.test(text)),
  };
}

/** Undefined: no pattern tells, so it is for the caller's default to say. */
export function isWanted({ include, exclude }: NamePatterns, name: string): boolean | undefined {
  if (exclude.some((pattern) => pattern.test(name))) return false;
  return include.length === 0 ? undefined : include.some((pattern) => pattern.test(name));
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\[!?[^\]]+\]|[*?]|[^*?[]|\[/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1) return part.replace('[!', '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.|+()[\]{}/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

const RTF_UP = 0x1;
const RTF_LOCAL = 0x8000_0000;

/**
 * Interfaces of this thread's network namespace that carry a route: of IPv4 any, of IPv6 any that
 * does not come by itself with each interface (link-local, multicast, its own addresses).
 */
export function routedInterfaces(folder = '/proc/thread-self/net'): Set<string> {
  const names = new Set<string>();
  for (const line of lines(`${folder}/route`).slice(1)) {
    const [name, , , flags = '0'] = line.split(/\s+/);
    if (name && Number.parseInt(flags, 16) & RTF_UP) names.add(name);
  }
  for (const line of lines(`${folder}/ipv6_route`)) {
    const words = line.trim().split(/\s+/);
    const [to = ''] = words;
    const [flags = '0', name] = words.slice(-2);
    const own = (Number.parseInt(flags, 16) & RTF_LOCAL) !== 0;
    if (name && name !== 'lo' && !own && !/^f(e80|f00)/.test(to)) names.add(name);
  }
  return names;
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return []; // a kernel without IPv6
  }
}
