import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no overlay can be mounted below /tmp, or null: some file systems cannot be an upper layer. */
export function lacksOverlay(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-overlay-'));
  try {
    for (const name of ['l', 'u', 'w', 'm']) mkdirSync(join(dir, name));
    const layers = `lowerdir=${dir}/l,upperdir=${dir}/u,workdir=${dir}/w`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, `${dir}/m`], {
      stdio: 'pipe',
    });
    execFileSync('umount', [`${dir}/m`]);
    return null;
  } catch (error) {
    return `needs overlayfs on ${tmpdir()}: ${(error as Error).message.trim().split('\n').at(-1)}`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
