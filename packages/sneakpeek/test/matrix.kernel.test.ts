// Every system call that changes files: what is told is what the program that made the calls says.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lostIn, rowsOf, startHook } from '../../../tools/testing/tool.js';

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'sneakpeek-matrix-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

test('each system call is told once [tracepoint]', async (context) => {
  const program = compiled(new URL('./workload/watched.c', import.meta.url).pathname);
  const args = ['-t', 'fswatch', '--host', '--comm', 'watched', '-o', 'json'];
  const tool = await startHook(context, 'sneakpeek', 'tracepoint', args);
  const { stdout: said } = await promisify(execFile)(program, [work]);
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  const calls = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(calls.length).toBeGreaterThan(40);
  const rows = rowsOf(stdout).map(({ pid, operation, path, from }) => ({
    pid,
    operation,
    path,
    from,
  }));
  expect(rows).toEqual(calls);
  expect(lostIn(stdout)).toBe(0);
});
