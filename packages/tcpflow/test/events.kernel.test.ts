// Each connect, accept and close with each hook: what the tool shows is what both ends say.
import { describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startHook, startTool } from '../../../tools/testing/tool.js';
import { hooksFor } from '../src/hooks.js';
import { facts, ONLY_OURS, OpenConnections, type Row, run, VERSION, visible } from './flows.js';

const ALL = Object.values(hooksFor({ events: true })).flat();
const HOOKS = [...new Set(ALL.map(({ name }) => name))];
const EVENTS = ['--events', ...ONLY_OURS, '--no-drop', '-o', 'json'];

const WHO = ['type', 'call', 'pid', 'comm', 'family', 'saddr', 'daddr', 'dport'];
const COMPARED = [...WHO, 'sport', 'error', 'closed_by', 'end', 'tx_bytes', 'rx_bytes'];

/** Before 5.12 a tracer cannot have cookies made. An application sees that of the MPTCP socket. */
const MPTCP_PORT = 7001;
const hasCookie = (row: Row) =>
  VERSION >= 512 && row.flow !== '0' && row.sport !== MPTCP_PORT && row.dport !== MPTCP_PORT;
/** Nothing is known of a close but at a close. */
const complete = (row: Row): Row => ({
  closed_by: null,
  end: null,
  tx_bytes: null,
  rx_bytes: null,
  ...row,
});

/** Of a refused attempt the application no longer has its port. */
const withoutPort = (row: Row): Row => (row.error === 'ECONNREFUSED' ? { ...row, sport: 0 } : row);

describe.each(HOOKS)('events [%s]', (hook) => {
  test(`equal what both ends say [${hook}]`, async (context) => {
    const tool = await startHook(context, 'tcpflow', hook, EVENTS);
    const told = (await run('flows')).filter(visible(hook)).map(complete);
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    expect(lostIn(stdout)).toBe(0);
    const rows = rowsOf(stdout);
    expect(told.length).toBeGreaterThan(70);
    expect(facts(rows.map(withoutPort), COMPARED)).toEqual(facts(told, COMPARED));

    const cookies = (all: readonly Row[]) =>
      facts(all.filter(hasCookie), ['type', 'call', 'sport', 'dport', 'flow']);
    expect(cookies(rows.filter(({ error }) => error !== 'ECONNREFUSED'))).toEqual(cookies(told));
    for (const row of rows) {
      if (row.type !== 'close') continue;
      const begin = rows.find(({ flow, type }) => flow === row.flow && type === row.call);
      const lasted = Number(row.ts_us) - Number(begin?.ts_us);
      // An accept is told when it returns, a connect from the moment of the call.
      expect((row.duration_ns as number) / 1000).toBeLessThanOrEqual(lasted + 1);
      expect(row.duration_ns as number).toBeGreaterThan(0);
      // A slow machine may send again what is only late.
      expect(row.retransmits).toBeGreaterThanOrEqual(row.end === 'timeout' ? 1 : 0);
    }
  });
});

test('connections that were open before come first, each once, and their ends', async (context) => {
  requireKernel(context, lacksRoot());
  const connections = new OpenConnections();
  const open = await connections.opened();
  const tool = await startTool('tcpflow', EVENTS);
  const ends = await connections.closed();
  const { stdout } = await tool.stop();
  const rows = rowsOf(stdout);
  expect(open.length).toBe(8);
  const compared = [...WHO, 'sport', 'preexisting', ...(VERSION >= 512 ? ['flow'] : [])];
  expect(facts(rows.slice(0, 8), compared)).toEqual(facts(open, compared));
  const closed = [...WHO, 'sport', 'closed_by', 'end'];
  expect(facts(rows.slice(8), closed)).toEqual(facts(ends, closed));
  for (const { duration_ns } of rows) expect(duration_ns).toBe(null);
});
