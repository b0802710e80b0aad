// tcpflow as a library, many connections at once, and JSON against the schema that it ships.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { type FlowEvent, flowEvents, flows, openFlowEvents } from '../src/index.js';
import { CLIENT, ONLY_OURS, OpenConnections, OURS, run } from './flows.js';

test('flows() yields typed flows at its intervals', async (context) => {
  requireKernel(context, lacksRoot());
  const end = new AbortController();
  const running = (async () => {
    while (!end.signal.aborted) await run('calls', 'paced', '3', '0');
  })();
  let counted = 0;
  for await (const flow of flows({ signal: end.signal, filters: OURS, intervalMs: 100 })) {
    if (flow.type !== 'flow') continue;
    expect(flow.comm).toBe(CLIENT);
    expect(flow.call === 'connect' ? flow.rport : flow.lport).toBeGreaterThan(7000);
    counted += flow.count;
    if (counted > 100) end.abort();
  }
  await running;
  expect(counted).toBeGreaterThan(100);
});

test('flowEvents() yields typed events until its loop is left', async (context) => {
  requireKernel(context, lacksRoot());
  const connections = new OpenConnections();
  await connections.opened();
  const events: FlowEvent[] = [];
  for await (const event of flowEvents({ filters: OURS })) {
    if (event.type !== 'lost') events.push(event);
    if (events.length === 8) await connections.closed();
    if (events.length === 16) break;
  }
  expect(events.map(({ type }) => type).slice(8)).toEqual(Array(8).fill('close'));
  expect(new Set(events.map(({ flow }) => flow)).size).toBe(8);
});

test('connections at full speed: begin and end of each, joined by the flow', async (context) => {
  requireKernel(context, lacksRoot());
  const args = ['--events', ...ONLY_OURS, '--no-drop', '-o', 'json', '--buffer', '64M'];
  const tool = await startTool('tcpflow', args);
  await run('calls', 'storm', '5003');
  const { stdout } = await tool.stop();
  expect(lostIn(stdout)).toBe(0);
  const rows = rowsOf(stdout);
  const types = new Map<unknown, string>();
  for (const { flow, type } of rows) types.set(flow, `${types.get(flow) ?? ''} ${type}`);
  const kinds = [...types.values()].sort();
  expect(kinds.length).toBe(4 * 5003);
  expect(new Set(kinds)).toEqual(new Set([' accept close', ' connect close']));
  expect(kinds.filter((kind) => kind === ' accept close').length).toBe(2 * 5003);
});

test('rows and counted losses are all events when the buffer is too small', async (context) => {
  requireKernel(context, lacksRoot());
  const args = ['--events', ...ONLY_OURS, '--no-drop', '-o', 'json', '--buffer', '4K'];
  const tool = await startTool('tcpflow', args);
  tool.child.kill('SIGSTOP');
  await run('calls', 'storm', '1009');
  tool.child.kill('SIGCONT');
  const { stdout } = await tool.stop();
  const rows = rowsOf(stdout);
  expect(rows.length).toBeLessThan(100);
  expect(rows.length + lostIn(stdout)).toBe(8 * 1009);
});

test('connections that find no room are told, and what is lost of them is counted', async (context) => {
  requireKernel(context, lacksRoot());
  const source = await openFlowEvents({ filters: OURS, mapSizes: { open_flows: 1 }, drop: false });
  const end = new AbortController();
  const connections = new OpenConnections();
  const told = connections.opened().then(async (open) => {
    await connections.closed();
    end.abort();
    return open;
  });
  const types: unknown[] = [];
  let lost = 0;
  for await (const batch of source.batches(end.signal)) {
    for (const row of batch.rows) types.push(source.fields[0]?.value(row));
    for (const { count, cause } of batch.lost) {
      expect(cause).toBe('map_full');
      lost += count;
    }
  }
  await source.close();
  expect((await told).length).toBe(8);
  // An accept is told at once; what it lacks is its close, as a connect lacks both of its rows.
  expect(types.filter((type) => type === 'accept').length).toBe(4);
  expect(lost).toBe(8 - types.filter((type) => type === 'close').length);
});

test('JSON obeys the schema of the package', async (context) => {
  requireKernel(context, lacksRoot());
  const schema = JSON.parse(
    readFileSync(new URL('../tcpflow.schema.json', import.meta.url), 'utf8'),
  );
  const valid = new Ajv2020({ validateFormats: false }).compile(schema);
  const common = [...ONLY_OURS, '-o', 'json'];
  const flowTool = await startTool('tcpflow', [...common, '--alert', 'count>2']);
  const eventTool = await startTool('tcpflow', [...common, '--events']);
  await run('calls', 'paced', '3', '1');
  const outputs = [(await flowTool.stop()).stdout, (await eventTool.stop()).stdout];
  const lines = outputs.flatMap((stdout) => stdout.trim().split('\n'));
  expect(lines.length).toBe(8 + 8 + 1 + 4 * 12 + 1);
  for (const line of lines) {
    expect(valid(JSON.parse(line)), `${line}: ${JSON.stringify(valid.errors)}`).toBe(true);
  }
});
