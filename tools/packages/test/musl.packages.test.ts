// On a system whose C library is musl: what npm says before anything is installed. npm tells the library
// by a file that such systems have; no Node.js of theirs was at hand.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packAll } from '../pack.mjs';

const ON_MUSL = `--import=data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  const read = fs.readFileSync;
  fs.readFileSync = (path, ...rest) => path === '/usr/bin/ldd' ? 'musl libc' : read(path, ...rest);
`)}`;

test('npm refuses the addon, and names the library', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagesnoop-musl-'));
  try {
    const packed = await packAll(folder);
    const { tarball } =
      packed.find(({ manifest }) => manifest.name === '@imagesnoop/bpf-core') ?? {};
    writeFileSync(join(folder, 'package.json'), '{}');
    const install = (env: NodeJS.ProcessEnv) =>
      spawnSync(
        'npm',
        ['install', '--offline', '--no-audit', '--loglevel=error', tarball as string],
        {
          cwd: folder,
          env: { ...process.env, ...env },
          encoding: 'utf8',
        },
      );
    const refused = install({ NODE_OPTIONS: ON_MUSL });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toMatch(/EBADPLATFORM[\s\S]*bpf-core[\s\S]*"libc":"?\[?"?glibc/);
    expect(readdirSync(folder)).not.toContain('node_modules');
    expect(install({}).stderr).not.toContain('EBADPLATFORM');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
