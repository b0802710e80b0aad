// What a test may need of the machine, and the one way to do without it.
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import type { TestContext } from 'vitest';

/**
 * Goes on if nothing is lacking. Else skips the running test with the reason, which the test
 * command prints at its end; with REQUIRE_KERNEL=1 the test fails instead.
 *
 * @example
 * test('sees a connect', (context) => {
 *   requireKernel(context, lacksRoot() ?? lacksBtf());
 * });
 *
 * @param context what vitest passes to the test
 * @param lack why this machine cannot run the test, or null when it can
 * @throws Error with REQUIRE_KERNEL=1, when something is lacking
 */
export function requireKernel(context: Pick<TestContext, 'skip'>, lack: string | null): void {
  if (lack === null) return;
  if (process.env.REQUIRE_KERNEL === '1') {
    throw new Error(`${lack}; REQUIRE_KERNEL=1 allows no skip`);
  }
  context.skip(lack);
}

/** Why BPF programs cannot be loaded by this process, or null. */
export function lacksRoot(): string | null {
  return process.geteuid?.() === 0 ? null : 'needs root to load BPF programs';
}

/** Why CO-RE objects cannot be loaded on this kernel, or null. */
export function lacksBtf(path = '/sys/kernel/btf/vmlinux'): string | null {
  return existsSync(path) ? null : `needs the kernel's BTF, and ${path} is not there`;
}

/** Why something that came with a version of Linux is not to be had, or null. */
export function lacksVersion(major: number, minor: number, running = release()): string | null {
  const [ownMajor = 0, ownMinor = 0] = running.split('.').map(Number);
  const enough = ownMajor > major || (ownMajor === major && ownMinor >= minor);
  return enough ? null : `needs Linux ${major}.${minor}`;
}
