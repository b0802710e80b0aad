// tcpconnect's own flags, and what goes wrong with them.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { runTool, startTool } from '../../../tools/testing/tool.js';
import { ONLY_OURS, Workload } from './connects.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcpconnect-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  [['--port', '70000'], /--port.*0 to 65535.*70000/s],
  [['--port', 'http'], /--port.*http/s],
  [['--cidr', '10.0.0.0/33'], /--cidr.*10\.0\.0\.0\/33/s],
  [['--when', 'later'], /--when.*attempt, outcome, both.*later/s],
  [['--failed-onyl'], /--failed-only/],
  [['--hook', 'magic'], /magic.*fexit/s],
])('%s is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await runTool('tcpconnect', ['--no-file', ...args]);
  expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('--help fits 80 columns and ends with examples', async () => {
  const { code, stdout } = await runTool('tcpconnect', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/-c, --count/);
  expect(stdout.trimEnd().split('\n').at(-2)).toMatch(/^ {2}tcpconnect /);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('a table in 80 columns, tcp.json beside it; no log with -c', async (context) => {
  requireKernel(context, lacksRoot());
  const workload = new Workload();
  try {
    const tool = await startTool('tcpconnect', ONLY_OURS, { cwd: folder });
    const counting = await startTool('tcpconnect', [...ONLY_OURS, '-c'], { cwd: workload.folder });
    const told = await workload.run('connects', '3', 'veth4');
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/3 events, 0 lost/);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    const columns = ['PID', 'COMM', 'IP', 'SADDR', 'DADDR', 'DPORT', 'ERROR', 'LAT(ms)'];
    expect(head?.trim().split(/ +/)).toEqual(columns);
    expect(head?.length).toBeLessThanOrEqual(80);
    expect(rows.length).toBe(told.length);
    const log = join(folder, 'tcp.json');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(readFileSync(log, 'utf8').trimEnd().split('\n').length).toBe(told.length);
    await counting.stop();
    expect(() => statSync(workload.path('tcp.json'))).toThrow('ENOENT');
  } finally {
    workload.remove();
  }
});
