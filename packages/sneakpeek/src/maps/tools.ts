import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The tools that take a map of namespaces: their packages, and what makes them tell each event. */
export const MONITORS = {
  procmon: { tool: 'execsnoop', flags: [] },
  tcptracer: { tool: 'tcpflow', flags: ['--events'] },
} as const;

export type Monitor = keyof typeof MONITORS;

/**
 * The words that start another of our tools: the one that is installed beside this package, else
 * npx, which fetches it.
 */
export function commandOf(tool: string, version: string): string[] {
  const beside = fileURLToPath(new URL(`../../${tool}/`, import.meta.url));
  return isPackage(beside, tool)
    ? [process.execPath, `${beside}dist/bin.js`]
    : ['npx', '--yes', `@imagesnoop/${tool}@${version}`];
}

function isPackage(folder: string, tool: string): boolean {
  const path = `${folder}package.json`;
  if (!existsSync(path) || !existsSync(`${folder}dist/bin.js`)) return false;
  const { name } = JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown };
  return name === `@imagesnoop/${tool}`;
}
