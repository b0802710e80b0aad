// What options do, each with a workload that knows the truth.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { type Attempt, facts, ONLY_OURS, type Row, Workload } from './connects.js';

const COUNT = '5';
const JSON_ONLY = [...ONLY_OURS, '--no-drop', '-o', 'json'];
const SOME = ['established4', 'veth6', 'mapped', 'refused6', 'nonblocking-refused', 'no-route4'];

let workload: Workload;
beforeAll(() => {
  workload = new Workload();
});
afterAll(() => workload?.remove());

/** Rows and truth of some kinds of attempts under the given options. */
async function trace(
  options: readonly string[],
  kinds: readonly string[] = SOME,
  count = COUNT,
): Promise<{ rows: Row[]; told: Attempt[]; stdout: string; stderr: string }> {
  const tool = await startTool('tcpconnect', [...JSON_ONLY, ...options]);
  const told = await workload.run('connects', count, ...kinds);
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  return { rows: rowsOf(stdout), told, stdout, stderr };
}

test.for<[string[], (one: Attempt) => boolean]>([
  [['-4', '--port', '80-82,7001,!7999'], (one) => one.family === 4 && one.dport !== 7999],
  [['-6'], ({ family }) => family === 6],
  [['-4', '-6', '--port', '!7001'], ({ dport }) => dport !== 7001],
  [['--cidr', 'fd77::/64,192.0.2.0/24'], ({ daddr }) => /^(fd77:|192\.0\.2\.)/.test(daddr)],
  [
    ['--cidr', '!127.0.0.0/8', '--failed-only', '--uid', '0'],
    (one) => !one.daddr.startsWith('127.') && one.error !== null,
  ],
  [['--uid', '!0'], () => false],
])('%s: only those rows', async ([options, wanted], context) => {
  requireKernel(context, lacksRoot());
  const { rows, told, stdout } = await trace(options);
  expect(facts(rows)).toEqual(facts(told.filter(wanted)));
  expect(lostIn(stdout)).toBe(0);
});

const OUTSIDE_CALLS = ['established4', 'refused4', 'nonblocking4', 'closed', 'mptcp-established'];

test('--no-sync-errors: no early errors, ret derived', async (context) => {
  requireKernel(context, lacksRoot());
  const kinds = [...OUTSIDE_CALLS, 'no-route4', 'prohibited'];
  const { rows, told } = await trace(['--no-sync-errors'], kinds);
  const late = told.filter(({ lport }) => lport !== 0);
  expect(late.length).toBe(OUTSIDE_CALLS.length * Number(COUNT));
  // What a call of an attempt that was given up returned cannot be derived.
  const derived = late.map((one) => (one.error === 'aborted' ? { ...one, ret: null } : one));
  expect(facts(rows)).toEqual(facts(derived));
});

test('--when both: a row for the beginning and one for the end of each', async (context) => {
  requireKernel(context, lacksRoot());
  const { rows, told } = await trace(['--when', 'both'], [...SOME, 'closed', 'uring-async']);
  const begun = rows.filter(({ when }) => when === 'attempt');
  const ended = rows.filter(({ when }) => when === 'outcome');
  expect(facts(ended)).toEqual(facts(told));
  const who = ['pid', 'tid', 'uid', 'comm', 'family', 'saddr', 'lport', 'daddr', 'dport'];
  expect(facts(begun, who)).toEqual(facts(told, who));
});

test('--when attempt: one row each, also for what has no outcome yet', async (context) => {
  requireKernel(context, lacksRoot());
  const { rows, told } = await trace(['--when', 'attempt'], [...SOME, 'closed']);
  const who = ['pid', 'tid', 'uid', 'comm', 'family', 'saddr', 'lport', 'daddr', 'dport'];
  expect(facts(rows, who)).toEqual(facts(told, who));
  expect(new Set(rows.map(({ when }) => when))).toEqual(new Set(['attempt']));
});

test('an attempt still pending at the end is a row', async (context) => {
  requireKernel(context, lacksRoot());
  workload.forget('pending');
  const tool = await startTool('tcpconnect', JSON_ONLY);
  const told = workload.run('connects', COUNT, 'pending');
  await workload.until('pending');
  const { stdout } = await tool.stop();
  const wanted = (await told).map((one) => ({ ...one, error: 'pending' }));
  expect(facts(rowsOf(stdout))).toEqual(facts(wanted));
  for (const { latency_us } of rowsOf(stdout)) expect(latency_us).toBe(null);
});

test('-c: connections counted in the kernel', async (context) => {
  requireKernel(context, lacksRoot());
  const options = [...ONLY_OURS, '--no-drop', '-c'];
  const tool = await startTool('tcpconnect', [...options, '-o', 'json']);
  const table = await startTool('tcpconnect', options);
  const told = await workload.run('connects', COUNT, ...SOME);
  const counts = new Map<string, number>();
  for (const { saddr, daddr, dport } of told) {
    const key = JSON.stringify([saddr, daddr, dport]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = rowsOf((await tool.stop()).stdout);
  const seen = rows.map(({ saddr, daddr, dport, connects }) => [
    JSON.stringify([saddr, daddr, dport]),
    connects,
  ]);
  expect(new Map(seen as [string, number][])).toEqual(counts);
  const numbers = rows.map(({ connects }) => connects as number);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));

  const { stdout } = await table.stop();
  const [header, ...lines] = stdout.trimEnd().split('\n');
  expect(header?.trim().split(/ +/)).toEqual(['LADDR', 'RADDR', 'RPORT', 'CONNECTS']);
  expect(lines.length).toBe(counts.size);
});

test('-c counts what is still pending, too', async (context) => {
  requireKernel(context, lacksRoot());
  workload.forget('pending');
  const tool = await startTool('tcpconnect', [...JSON_ONLY, '-c']);
  const told = workload.run('connects', COUNT, 'pending');
  await workload.until('pending');
  const [row, ...others] = rowsOf((await tool.stop()).stdout);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ daddr: '10.77.9.1', dport: 80, connects: (await told).length });
});

test('-d: the name that the process looked up, however it received the answer', async (context) => {
  requireKernel(context, lacksRoot());
  const resolv = workload.path('resolv.conf');
  writeFileSync(resolv, 'nameserver 127.0.0.1\n');
  const tool = await startTool('tcpconnect', [
    ...['--comm', 'lookups', '--port', '7001', '-d', '--no-drop', '-o', 'json'],
  ]);
  const told = await workload.run<Row>('lookups', resolv, COUNT);
  const { stdout, code, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  const compared = ['daddr', 'dport', 'dns'];
  expect(told.length).toBe(9 * Number(COUNT));
  expect(facts(rowsOf(stdout), compared)).toEqual(facts(told, compared));
});

test('each attempt once, also when outcome and return meet on several processors', async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpconnect', JSON_ONLY);
  const kinds = ['veth4', 'refused6', 'nonblocking-refused', 'nonblocking-loopback', 'tfo-sendto'];
  const urings = ['uring-established', 'uring-refused', 'uring-async', 'thread', 'closed'];
  const runs = [kinds, urings, kinds, urings].map((some) =>
    workload.run('connects', '53', ...some),
  );
  const told = (await Promise.all(runs)).flat();
  const { stdout } = await tool.stop();
  expect(told.length).toBeGreaterThan(53 * 10);
  expect(facts(rowsOf(stdout))).toEqual(facts(told));
  expect(lostIn(stdout)).toBe(0);
});

test('rows and counted losses are all attempts when the buffer is too small', async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpconnect', [...JSON_ONLY, '--buffer', '4K']);
  tool.child.kill('SIGSTOP');
  const told = await workload.run('connects', '1009', 'refused4');
  tool.child.kill('SIGCONT');
  const { stdout } = await tool.stop();
  const rows = rowsOf(stdout);
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.length).toBeLessThan(100);
  expect(rows.length + lostIn(stdout)).toBe(told.length);
});

test('programs that follow the log of the original tool read this one', async (context) => {
  requireKernel(context, lacksRoot());
  const log = workload.path('tcp.json');
  const tool = await startTool('tcpconnect', [...ONLY_OURS, '-f', log, '--no-drop']);
  const told = await workload.run('connects', COUNT, 'veth4');
  await tool.stop();
  const fields = ['ts_us', 'pid', 'tid', 'uid', 'saddr', 'daddr', 'lport', 'dport', 'comm'];
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.length).toBe(told.length);
  for (const line of lines)
    expect(Object.keys(JSON.parse(line))).toEqual(expect.arrayContaining(fields));
});
