// Every kind of attempt with each hook: what the tool shows is what the program that made the
// attempts says it was told, and nothing else.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lacksHook, lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { hooksFor } from '../src/hooks.js';
import { facts, ONLY_OURS, type Row, Workload } from './connects.js';

const COUNT = '3';
const ALL_HOOKS = hooksFor({ returns: true, ports: true, answers: true });
const HOOKS = [...new Set(Object.values(ALL_HOOKS).flatMap((all) => all.map(({ name }) => name)))];

let workload: Workload;
beforeAll(() => {
  workload = new Workload('connects');
});
afterAll(() => workload?.remove());

describe.each(HOOKS)('outcome matrix [%s]', (hook) => {
  test(`JSON and log equal the truth [${hook}]`, async (context) => {
    requireKernel(context, lacksRoot() ?? (await lacksHook('tcpconnect', hook)));
    const log = workload.path(`${hook}.json`);
    const tool = await startTool('tcpconnect', [
      ...['--hook', hook, ...ONLY_OURS, '--no-drop', '-o', 'json', '-f', log],
    ]);
    const told = await workload.run('connects', COUNT);
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    expect(told.length).toBeGreaterThan(100);
    const rows = rowsOf(stdout);
    expect(facts(rows)).toEqual(facts(told));
    expect(lostIn(stdout)).toBe(0);
    expect(rowsOf(readFileSync(log, 'utf8'))).toEqual(rows);
    const [first] = rows as [Row];
    for (const row of rows) {
      expect(row).toMatchObject({ type: 'connect', when: 'outcome', container: null, k8s: null });
      expect(row['sport']).toBe(row['lport']);
      // Retransmitted once, and given up after 1 + 2 seconds, or less by far.
      expect(row['latency_us']).toBeLessThan(6_000_000);
      if (row['error'] === 'ETIMEDOUT') expect(row['latency_us']).toBeGreaterThan(2_000_000);
      expect(row['netns']).toBe(first['netns']);
    }
  });

  test(`the table equals the truth [${hook}]`, async (context) => {
    requireKernel(context, lacksRoot() ?? (await lacksHook('tcpconnect', hook)));
    const columns = ['pid', 'tid', 'comm', 'family', 'saddr', 'lport', 'daddr', 'dport', 'ret'];
    const tool = await startTool('tcpconnect', [
      ...['--hook', hook, ...ONLY_OURS, '--no-drop', '--no-file'],
      ...['--fields', [...columns, 'error'].join(',')],
    ]);
    const told = await workload.run('connects', '1');
    const { stdout } = await tool.stop();
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header?.trim().split(/ +/)).toEqual([
      'PID',
      'TID',
      'COMM',
      'IP',
      'SADDR',
      'LPORT',
      'DADDR',
      'DPORT',
      'RET',
      'ERROR',
    ]);
    const shown = lines.map((line) => line.trim().split(/ +/));
    const wanted = told.map((one) => [
      ...columns.map((name) => String((one as unknown as Row)[name] ?? '-')),
      ...(one.error === null ? [] : [one.error]),
    ]);
    expect(shown.map(String).sort()).toEqual(wanted.map(String).sort());
  });
});
