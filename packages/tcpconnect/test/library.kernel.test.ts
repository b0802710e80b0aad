// tcpconnect as a library, and its JSON against the schema that it ships.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { startTool } from '../../../tools/testing/tool.js';
import { type ConnectEvent, openTcpConnects, tcpConnects } from '../src/index.js';
import { facts, ONLY_OURS, Workload } from './connects.js';

let workload: Workload;
beforeAll(() => {
  workload = new Workload();
});
afterAll(() => workload?.remove());

const comms = { mode: 'include', values: new Set(['connects', 'worker']) } as const;

test('tcpConnects() yields typed events until its signal aborts', async (context) => {
  requireKernel(context, lacksRoot());
  const end = new AbortController();
  const events: ConnectEvent[] = [];
  const reading = (async () => {
    for await (const event of tcpConnects({ signal: end.signal, filters: { comms } })) {
      if (event.type === 'connect') events.push(event);
      if (events.length === 10) end.abort();
    }
  })();
  const told = [];
  // It attaches when the first event is asked for; attempts go on until ten were seen.
  while (!end.signal.aborted)
    told.push(...(await workload.run('connects', '5', 'veth4', 'refused4')));
  await reading;
  const all = new Set(facts(told));
  expect(facts(events).every((one) => all.has(one))).toBe(true);
  expect(new Set(facts(events)).size).toBe(events.length);
});

test('the example of the docstring stops when its loop is left', async (context) => {
  requireKernel(context, lacksRoot());
  const server = createServer().listen(0, '127.0.0.1');
  const running = workload.run('connects', '101', 'veth4');
  for await (const event of tcpConnects({ signal: AbortSignal.timeout(5000) })) {
    if (event.type === 'connect') break;
  }
  await running;
  server.close();
});

test('what does not fit into the map of attempts is counted', async (context) => {
  requireKernel(context, lacksRoot());
  const source = await openTcpConnects({
    filters: { comms },
    mapSizes: { attempts: 4 },
    drop: false,
  });
  const end = new AbortController();
  const told = workload.run('connects', '101', 'pending').then((all) => {
    end.abort();
    return all;
  });
  let rows = 0;
  let lost = 0;
  for await (const batch of source.batches(end.signal)) {
    for (const _ of batch.rows) rows++;
    for (const { count, cause } of batch.lost) {
      expect(cause).toBe('map_full');
      lost += count;
    }
  }
  await source.close();
  expect(rows).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
  expect(rows + lost).toBe((await told).length);
});

test('JSON obeys the schema of the package', async (context) => {
  requireKernel(context, lacksRoot());
  const tool = await startTool('tcpconnect', [...ONLY_OURS, '--no-file', '-o', 'json']);
  await workload.run('connects', '1', 'veth4', 'veth6', 'refused4', 'no-route4', 'killed');
  const { stdout } = await tool.stop();
  const schema = JSON.parse(
    readFileSync(new URL('../tcpconnect.schema.json', import.meta.url), 'utf8'),
  );
  const valid = new Ajv2020({ validateFormats: false }).compile(schema);
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBe(6);
  for (const line of lines) {
    expect(valid(JSON.parse(line)), `${line}: ${JSON.stringify(valid.errors)}`).toBe(true);
  }
});
