// Calls counted in the kernel with each hook: the table is what the calling programs did, and when.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import {
  lostIn,
  type RunningTool,
  rowsOf,
  startHook,
  startTool,
} from '../../../tools/testing/tool.js';
import { hooksFor } from '../src/hooks.js';
import { type Flow, openFlows } from '../src/index.js';
import { facts, ONLY_OURS, OURS, type Row, run, visible } from './flows.js';

const ALL = Object.values(hooksFor({ events: false })).flat();
const HOOKS = [...new Set(ALL.map(({ name }) => name))];
const JSON_ONLY = [...ONLY_OURS, '--no-drop', '-o', 'json'];

const KEY = ['call', 'pid', 'comm', 'family', 'saddr', 'daddr', 'rport', 'lport'];
const COMPARED = [...KEY, 'count'];
/** How far the caller's clock may be from the kernel's; an emulated machine stops between both. */
const CLOSE_S = process.env.IMAGESNOOP_GUEST === undefined ? 0.001 : 0.02;

/** Rows of a run that is to be complete. */
async function rowsAt(tool: RunningTool): Promise<Row[]> {
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  expect(lostIn(stdout)).toBe(0);
  return rowsOf(stdout);
}

describe.each(HOOKS)('flows [%s]', (hook) => {
  test(`counts and times equal the truth [${hook}]`, async (context) => {
    const tool = await startHook(context, 'tcpflow', hook, JSON_ONLY);
    const told = await run('calls', 'paced', '11', '20');
    const rows = await rowsAt(tool);
    expect(told.length).toBe(8);
    expect(facts(rows, COMPARED)).toEqual(facts(told, COMPARED));
    for (const one of told) {
      const row = rows.find((each) => facts([each], KEY)[0] === facts([one], KEY)[0]);
      expect(Math.abs(Number(row?.mtbs_s) - Number(one.mtbs_s))).toBeLessThan(CLOSE_S);
    }
  });

  test(`every way to connect and to accept is counted once [${hook}]`, async (context) => {
    const tool = await startHook(context, 'tcpflow', hook, [...JSON_ONLY, '-P', '7002-7022']);
    const told = await run('flows');
    const rows = await rowsAt(tool);
    const calls = told.filter(visible(hook)).filter(({ type, dport, sport, error }) => {
      const port = Number(type === 'accept' ? sport : dport);
      return type !== 'close' && error === null && port > 7001;
    });
    expect(rows.map(({ count }) => count)).toEqual(rows.map(() => 1));
    const ports = (all: readonly unknown[]) => all.map(Number).sort();
    expect(ports(rows.map(({ rport, lport }) => rport ?? lport))).toEqual(
      ports(calls.map(({ type, sport, dport }) => (type === 'accept' ? sport : dport))),
    );
  });
});

const STORM = Number(process.env.TCPFLOW_STORM ?? 20_000);

test(`${2 * STORM} short connections of two processes: exact counts`, async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpflow', JSON_ONLY);
  const told = await run('calls', 'storm', String(STORM));
  const rows = await rowsAt(tool);
  expect(told.length).toBe(4);
  expect(facts(rows, COMPARED)).toEqual(facts(told, COMPARED));
}, 600_000);

test('more flows than the table keeps: counted ones and counted losses are all calls', async (context) => {
  requireKernel(context, lacksRoot());
  const source = await openFlows({ filters: OURS, mapSizes: { flows: 512 }, drop: false });
  const end = new AbortController();
  const told = run('calls', 'scan', '3001').finally(() => end.abort());
  const seen: string[] = [];
  let lost = 0;
  for await (const batch of source.batches(end.signal)) {
    for (const row of batch.rows) {
      const values = source.fields.map(({ name, value }) => [name, value(row)]);
      seen.push(...facts([Object.fromEntries(values) as Flow & Row], COMPARED));
    }
    for (const { count, cause } of batch.lost) {
      expect(cause).toBe('map_full');
      lost += count;
    }
  }
  await source.close();
  const all = new Set(facts(await told, COMPARED));
  expect(seen.length).toBeGreaterThan(100);
  expect(seen.length + lost).toBe(3001);
  for (const one of seen) expect(all).toContain(one);
  const summary = { events: 0, lost: 0, truncated: 0, unsent: null, durationMs: 0 };
  expect(source.summary?.(summary)).toBe(
    `${seen.length} flows, ${seen.length} calls, ${lost} calls lost`,
  );
});

test.for<[string[], (row: Row) => boolean]>([
  [['-P', '7001,7003'], ({ rport, lport }) => [7001, 7003].includes(Number(rport ?? lport))],
  [['-R', '7002,7003'], ({ rport, lport }) => [7002, 7003].includes(Number(rport ?? lport))],
  [['-P', '!7002', '-R', '7001,7002'], ({ rport, lport }) => (rport ?? lport) === 7001],
  [['-4'], ({ family }) => family === 4],
  [['-6'], ({ family }) => family === 6],
  [['--uid', '!0'], () => false],
])('%s: only those', async ([options, wanted], context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpflow', [...JSON_ONLY, ...options]);
  const told = await run('calls', 'paced', '2', '0');
  expect(facts(await rowsAt(tool), COMPARED)).toEqual(facts(told.filter(wanted), COMPARED));
});

test('--sort and --top choose what comes first in each table', async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpflow', [...JSON_ONLY, '--sort', 'mtbs', '--top', '3']);
  const lowest = await startTool('tcpflow', [...JSON_ONLY, '--sort', 'pid']);
  const counts = await startTool('tcpflow', [...JSON_ONLY, '--top', '1']);
  await run('calls', 'paced', '3', '50');
  await run('calls', 'paced', '5', '5');
  const rows = await rowsAt(tool);
  expect(rows.map(({ call }) => call)).toEqual([
    ...Array.from({ length: 3 }, () => 'connect'),
    ...Array.from({ length: 3 }, () => 'accept'),
  ]);
  const connects = rows.slice(0, 3).map(({ mtbs_s }) => mtbs_s as number);
  expect(connects).toEqual([...connects].sort((a, b) => a - b));
  expect(rows.map(({ count }) => count)).toEqual([5, 5, 5, 5, 5, 5]);
  const pids = (await rowsAt(lowest)).slice(0, 8).map(({ pid }) => pid as number);
  expect(pids).toEqual([...pids].sort((a, b) => a - b));
  expect((await rowsAt(counts)).map(({ count }) => count)).toEqual([5, 5]);
});

test('--alert tells each flow that passes the limits, at that call, once', async (context) => {
  requireKernel(context, lacksRoot());
  const limits = ['--alert', 'count>3,mtbs<0.5', '-P', '7001'];
  const tool = await startTool('tcpflow', [...JSON_ONLY, ...limits]);
  const never = await startTool('tcpflow', [...JSON_ONLY, '--alert', 'mtbs<0.000001']);
  await run('calls', 'paced', '7', '10');
  await run('calls', 'paced', '3', '10');
  const rows = await rowsAt(tool);
  const alerts = rows.filter(({ type }) => type === 'alert');
  expect(alerts.map(({ call, count }) => [call, count])).toEqual([
    ['connect', 4],
    ['accept', 4],
  ]);
  expect(rows.filter(({ type }) => type === 'flow').map(({ count }) => count)).toEqual([
    7, 3, 7, 3,
  ]);
  expect((await rowsAt(never)).filter(({ type }) => type === 'alert')).toEqual([]);
});

describe('for people', () => {
  const HEAD = ['PID', 'COMM', 'IP', 'SADDR', 'DADDR'];
  const words = (line: string | undefined) => line?.trim().split(/ +/);

  test('two tables in 80 columns, under the headers of the original', async (context) => {
    requireKernel(context, lacksRoot());
    const tool = await startTool('tcpflow', ONLY_OURS);
    await run('calls', 'paced', '1', '0');
    const { stdout, stderr } = await tool.stop();
    const tables = stdout.split('\n\n').map((table) => table.trimEnd().split('\n'));
    expect(tables.length).toBe(2);
    expect(words(tables[0]?.[0])).toEqual([...HEAD, 'RPORT', 'COUNT', 'MTBS(s)']);
    expect(words(tables[1]?.[0])).toEqual([...HEAD, 'LPORT', 'COUNT', 'MTBS(s)']);
    for (const table of tables) {
      expect(table.length).toBe(1 + 4);
      for (const line of table) expect(line.length).toBeLessThanOrEqual(80);
      for (const line of table.slice(1)) expect(words(line)?.slice(-2)).toEqual(['1', '-']);
    }
    expect(stderr).toMatch(/^8 flows, 8 calls, 0 calls lost$/m);
  });

  test('-T and -o wide add columns to both tables', async (context) => {
    requireKernel(context, lacksRoot());
    const tool = await startTool('tcpflow', [...ONLY_OURS, '-T', '-o', 'wide']);
    await run('calls', 'paced', '1', '0');
    const { stdout } = await tool.stop();
    const heads = stdout.split('\n').filter((line) => line.includes('PID'));
    expect(heads.map((line) => words(line)?.slice(0, 3))).toEqual([
      ['TIME', 'PID', 'TID'],
      ['TIME', 'PID', 'TID'],
    ]);
    expect(stdout.match(/^\d\d:\d\d:\d\d\.\d{3} /gm)).toHaveLength(8);
  });

  test('-f FILE has the tables, and stdout nothing', async (context) => {
    requireKernel(context, lacksRoot());
    const folder = mkdtempSync(join(tmpdir(), 'tcpflow-'));
    const path = join(folder, 'flows.txt');
    try {
      const tool = await startTool('tcpflow', [...ONLY_OURS, '-f', path, '--interval', '60']);
      await run('calls', 'paced', '1', '0');
      const { stdout, stderr } = await tool.stop();
      expect(stdout).toBe('');
      expect(stderr).toContain(`logging to ${path}`);
      const [heading, header, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(heading).toMatch(/^\d\d:\d\d:\d\d$/);
      expect(words(header)).toEqual([...HEAD, 'RPORT', 'COUNT', 'MTBS(s)']);
      expect(lines.length).toBe(4 + 1 + 1 + 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('--interval prints while it runs', async (context) => {
    requireKernel(context, lacksRoot());
    const tool = await startTool('tcpflow', [...ONLY_OURS, '--interval', '0.1']);
    let printed = '';
    const twice = new Promise<void>((resolve) => {
      tool.child.stdout?.on('data', (text: string) => {
        printed += text;
        if (printed.split('LPORT').length > 2) resolve();
      });
    });
    await run('calls', 'paced', '1', '0');
    await twice;
    await tool.stop();
    expect(printed).toMatch(/^\d\d:\d\d:\d\d\n +PID COMM/);
  });
});
