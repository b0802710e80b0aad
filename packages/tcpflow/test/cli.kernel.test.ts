// tcpflow's own flags, what goes wrong with them, and what people see of events.
import { expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { runTool, startTool } from '../../../tools/testing/tool.js';
import { ONLY_OURS, run } from './flows.js';

test.each([
  [['-P', '70000'], /--port.*0 to 65535.*70000/s],
  [['-R', '9,8'], /--range.*two ports.*9,8/s],
  [['--alert', 'count<3'], /--alert.*count>N.*count<3/s],
  [['--sort', 'name'], /--sort.*count, mtbs, pid.*name/s],
  [['--top', '0'], /--top.*from 1.*0/s],
  [['--interval', 'often'], /--interval.*often/s],
  [['--event'], /--events/],
  [['--hook', 'magic'], /magic.*fexit/s],
  [['--events', '--top', '3'], /--top.*--events/s],
  [['--events', '--alert', 'count>3'], /--alert.*--events/s],
])('%s is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await runTool('tcpflow', args);
  expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('--help fits 80 columns and ends with examples', async () => {
  const { code, stdout } = await runTool('tcpflow', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/-e, --events/);
  expect(stdout.trimEnd().split('\n').at(-2)).toMatch(/^ {2}tcpflow /);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test("events in 80 columns, under the headers of bcc's tcptracer", async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpflow', ['--events', ...ONLY_OURS]);
  await run('flows', 'client-fin', 'server-rst', 'mapped');
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^12 events, 0 lost$/m);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  expect(head?.trim().split(/ +/)).toEqual([
    ...['T', 'PID', 'COMM', 'IP', 'SADDR', 'DADDR', 'SPORT', 'DPORT', 'HOW'],
  ]);
  expect(rows.map(([letter]) => letter).sort()).toEqual([...'AAACCCXXXXXX']);
  expect(
    rows.filter((row) => /(local|peer) (fin|rst) [\d.]+ (ns|us|ms|s)$/.test(row)),
  ).toHaveLength(6);
  expect(rows.filter((row) => / peer rst /.test(row))).toHaveLength(1);
});

test('CSV is one table, whatever the call', async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpflow', [
    ...ONLY_OURS,
    '-o',
    'csv',
    '--fields',
    'call,rport,lport',
  ]);
  await run('calls', 'paced', '1', '0');
  const { stdout } = await tool.stop();
  const [head, ...rows] = stdout.trimEnd().split('\r\n');
  expect(head).toBe('call,rport,lport');
  expect(rows.sort()).toEqual(
    [7001, 7002, 7003, 7004].flatMap((port) => [`accept,,${port}`, `connect,${port},`]).sort(),
  );
});
