// Nothing is lost silently: rows and counted losses together are the calls that were made.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';

const PROCESSES = 4;
const CALLS = 200_000;

let work: string;
let storm: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'mkdirsnoop-'));
  storm = compiled(new URL('../../../tools/bench/storm.c', import.meta.url).pathname);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

const weather = () =>
  promisify(execFile)(storm, [String(PROCESSES), String(CALLS), '0', work]).then(
    ({ stdout }) => (JSON.parse(stdout) as { calls: number }).calls,
  );

describe('a storm of 200,000 mkdirs from 4 processes', () => {
  test.each([
    ['with the default buffer', []],
    ['with a buffer that is far too small', ['--buffer', '64K']],
  ])('%s', async (_name, args) => {
    const log = join(work, 'storm.json');
    const tool = await startTool('mkdirsnoop', [
      '--comm',
      'storm',
      '-o',
      'json',
      '-f',
      log,
      ...args,
    ]);
    const calls = await weather();
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    expect(rows.length + lostIn(stdout)).toBe(calls);
    if (args.length > 0) {
      expect(lostIn(stdout)).toBeGreaterThan(0);
      expect(stderr).toContain('--buffer');
    }
  });

  test('reading a slow pipe takes no memory for what waits', async (context) => {
    requireKernel(context, lacksRoot());
    const tool = await startTool('mkdirsnoop', ['--comm', 'storm', '-o', 'json', '--no-file']);
    tool.child.stdout?.pause();
    const before = residentBytes(tool.child.pid as number);
    const calls = await weather();
    expect(residentBytes(tool.child.pid as number) - before).toBeLessThan(64 << 20);
    tool.child.stdout?.resume();
    const { stdout } = await tool.stop();
    expect(rowsOf(stdout).length + lostIn(stdout)).toBe(calls);
  });
});

function residentBytes(pid: number): number {
  const line = execFileSync('grep', ['VmRSS', `/proc/${pid}/status`]).toString();
  return Number(/\d+/.exec(line)?.[0]) * 1024;
}
