// Every kind of attempt with each hook: what the tool shows is what the program that made the
// attempts says it was told, and nothing else.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startHook, startTool } from '../../../tools/testing/tool.js';
import { hooksFor } from '../src/hooks.js';
import { type Attempt, facts, ONLY_OURS, type Row, Workload } from './connects.js';

const [MAJOR, MINOR] = release().split('.').map(Number) as [number, number];
const VERSION = MAJOR * 100 + MINOR;

/**
 * Attempts of each kind. Kernels have few return probes for calls that wait at the same time
 * (kretprobe's maxactive): so many of the slow kinds go at once, but for two that others may need.
 */
const countFor = (hook: string) => (hook === 'kprobe' ? `2:${returnProbes() - 2}` : '3');
function returnProbes(): number {
  const range = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim();
  const processors = Number(/\d+$/.exec(range)) + 1;
  return VERSION < 602 ? Math.max(4, processors) : Math.max(10, 2 * processors);
}

/** What tracepoints alone do not see on older kernels: README.md, "What it cannot see". */
const UNSEEN = [
  ...(VERSION < 519 ? [/^uring.*no-route$/] : []),
  ...(VERSION < 603 ? [/^tfo-no-route/] : []),
];
const visible = (hook: string) => (one: Attempt) =>
  hook !== 'tracepoint' || !UNSEEN.some((kind) => kind.test(one.kind));

/** Before 5.14, an error that the application takes at once may show there as aborted. */
const LATE_ERRORS = ['10.77.8.1', 'fd77::99'];
const comparable = (hook: string, all: readonly object[]) =>
  hook !== 'tracepoint' || VERSION >= 514
    ? all
    : all.map((one) =>
        LATE_ERRORS.includes((one as Row).daddr as string) ? { ...one, error: '' } : one,
      );

const ALL_HOOKS = hooksFor({ returns: true, ports: true, answers: true });
const HOOKS = [...new Set(Object.values(ALL_HOOKS).flatMap((all) => all.map(({ name }) => name)))];

let workload: Workload;
beforeAll(() => {
  workload = new Workload();
});
afterAll(() => workload?.remove());

describe.each(HOOKS)('outcome matrix [%s]', (hook) => {
  test(`JSON and log equal the truth [${hook}]`, async (context) => {
    const log = workload.path(`${hook}.json`);
    const args = [...ONLY_OURS, '--no-drop', '-o', 'json', '-f', log];
    const tool = await startHook(context, 'tcpconnect', hook, args);
    const told = (await workload.run('connects', countFor(hook))).filter(visible(hook));
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    expect(told.length).toBeGreaterThan(120);
    const rows = rowsOf(stdout);
    expect(facts(comparable(hook, rows))).toEqual(facts(comparable(hook, told)));
    expect(lostIn(stdout)).toBe(0);
    expect(rowsOf(readFileSync(log, 'utf8'))).toEqual(rows);
    const [first] = rows as [Row];
    for (const row of rows) {
      expect(row).toMatchObject({ type: 'connect', when: 'outcome', container: null, k8s: null });
      expect(row.sport).toBe(row.lport);
      // Retransmitted once, and given up after 1 + 2 seconds, or less by far.
      expect(row.latency_us).toBeLessThan(6_000_000);
      if (row.error === 'ETIMEDOUT') expect(row.latency_us).toBeGreaterThan(2_000_000);
      expect(row.netns).toBe(first.netns);
    }
  });
});

test('the table equals the truth', async (context) => {
  requireKernel(context, lacksRoot());
  const columns = ['pid', 'tid', 'comm', 'family', 'saddr', 'lport', 'daddr', 'dport', 'ret'];
  const fields = ['--fields', [...columns, 'error'].join(',')];
  const tool = await startTool('tcpconnect', [...ONLY_OURS, '--no-drop', '--no-file', ...fields]);
  const told = await workload.run('connects', '1');
  const { stdout } = await tool.stop();
  const [header, ...lines] = stdout.trimEnd().split('\n');
  const heads = ['PID', 'TID', 'COMM', 'IP', 'SADDR', 'LPORT', 'DADDR', 'DPORT', 'RET', 'ERROR'];
  expect(header?.trim().split(/ +/)).toEqual(heads);
  const shown = lines.map((line) => line.trim().split(/ +/));
  const wanted = told.map((one) => [
    ...columns.map((name) => String((one as unknown as Row)[name] ?? '-')),
    ...(one.error === null ? [] : [one.error]),
  ]);
  const sorted = (all: readonly string[][]) => all.map(String).sort();
  expect(sorted(shown)).toEqual(sorted(wanted));
});
