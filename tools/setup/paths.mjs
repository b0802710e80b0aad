import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where pnpm is installed for the workspace alone. */
export const TOOLS = join(ROOT, '.tools');

/** The environment of programs that need the workspace's own commands. */
export function toolEnv() {
  const bins = [join(TOOLS, 'node_modules', '.bin'), join(ROOT, 'node_modules', '.bin')];
  return {
    ...process.env,
    PATH: [...bins, process.env.PATH].join(':'),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
}
