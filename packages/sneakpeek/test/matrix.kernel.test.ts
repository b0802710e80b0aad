// Every way to change files: what is told is what the program that made the changes says.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lacksVersion } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startHook } from '../../../tools/testing/tool.js';

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'sneakpeek-matrix-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Which ways of changing files a kind of hook sees on this kernel. */
function waysSeen(hook: string): ReadonlySet<unknown> {
  const ways = ['call'];
  const isInside = hook !== 'tracepoint';
  if (isInside) ways.push('inside', 'map');
  const uringTells = lacksVersion(5, 19) === null;
  if (isInside || uringTells) ways.push('uring open');
  if (uringTells) ways.push('uring write');
  return new Set(ways);
}

for (const hook of ['fexit', 'kprobe', 'tracepoint']) {
  test(`each change is told once [${hook}]`, async (context) => {
    const program = compiled(new URL('./workload/watched.c', import.meta.url).pathname);
    const place = mkdtempSync(join(work, `${hook}-`));
    const args = ['-t', 'fswatch', '--host', '--comm', 'watched', '-o', 'json'];
    const tool = await startHook(context, 'sneakpeek', hook, args);
    const { stdout: said } = await promisify(execFile)(program, [place]);
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const seen = waysSeen(hook);
    const calls = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ way }) => seen.has(way));
    expect(calls.length).toBeGreaterThan(40);
    const rows = rowsOf(stdout).map(({ pid, operation, path, from }) => ({
      pid,
      operation,
      path,
      from,
    }));
    expect(rows).toEqual(calls.map(({ way: _, ...call }) => call));
    expect(lostIn(stdout)).toBe(0);
  });
}
