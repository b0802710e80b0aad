import { readFileSync } from 'node:fs';

/**
 * The version of the package that a module of it belongs to.
 *
 * @param module `import.meta.url` of a file in `src` or `dist`
 */
export function packageVersion(module: string): string {
  const manifest = readFileSync(new URL('../package.json', module), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
