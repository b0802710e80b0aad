// What sessions are shown, how they end without a FIN, and the forms that rows have.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { features } from '@imagesnoop/bpf-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { missing, startContainerd, type TestContainerd } from '../../containers/test/runtimes.js';
import { type SessionEvent, sessions } from '../src/index.js';
import { attacherOf, linksOf, netnsOf, VethPair } from './veth.js';

const PORT = '8080';
const V4 = '10.77.0.2';

interface Told {
  readonly pid: number;
  readonly ports: readonly number[];
}

describe('between two namespaces', () => {
  let pair: VethPair;
  beforeEach(async (context) => {
    requireKernel(context, lacksRoot() ?? lacksBtf());
    pair = new VethPair();
    await pair.start(pair.server, 'server', PORT);
  });
  afterEach(() => pair?.remove());

  const start = (...more: string[]) =>
    startTool('tc-tracker', ['--netns', pair.client, '-o', 'json', ...more]);
  const client = (connections = 3) =>
    pair.run<Told>(pair.client, 'client', PORT, String(connections), '7', V4);
  const sendAgain = async (holder: ChildProcess) => {
    holder.kill('SIGUSR1');
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
  };
  const ended = (text: string) => rowsOf(text).filter(({ when }) => when === 'end');

  test('a filter lets through the sessions of its processes', async () => {
    const holder = await pair.start(pair.client, 'holder', V4, PORT);
    const only = await start('--comm', 'client');
    const others = await start('--comm', '!client');
    const { ports } = await client();
    await sendAgain(holder);
    const later = await pair.start(pair.client, 'holder', V4, PORT);
    const own = rowsOf((await only.stop()).stdout).map(({ sport }) => sport);
    expect(own.sort()).toEqual([...ports].sort());
    const rest = rowsOf((await others.stop()).stdout);
    expect(new Set(rest.map(({ comm }) => comm))).toEqual(new Set(['node']));
    expect(new Set(rest.map(({ pid }) => pid))).toEqual(new Set([holder.pid, later.pid]));
  });

  test('one that began earlier is marked, and has what was seen', async () => {
    const holder = await pair.start(pair.client, 'holder', V4, PORT);
    const tool = await start();
    await sendAgain(holder);
    holder.kill('SIGTERM');
    await once(holder, 'exit');
    const [row] = ended((await tool.stop()).stdout);
    expect(row).toMatchObject({ preexisting: true, opener: null, tx_payload_bytes: 10 });
    expect(row).toMatchObject({ state: 'closed' });
  });

  test('silence ends a session, too', async () => {
    const tool = await start('--idle', '1', '--interval', '0.2', '--duration', '3');
    await pair.start(pair.client, 'holder', V4, PORT);
    const rows = rowsOf((await tool.ended).stdout);
    const last = rows.find(({ when }) => when === 'end') ?? {};
    expect(last).toMatchObject({ end: 'silence', opener: 'local', tx_payload_bytes: 100 });
    // To its last packet, not to when the silence was noticed.
    expect(Number(last.duration_ns)).toBeLessThan(1e9);
  }, 30_000);

  test('a port that nobody serves ends by RST', async () => {
    const tool = await start();
    const refused = pair.run(pair.client, 'client', '9', '1', '1', V4);
    await expect(refused).rejects.toThrow();
    const [row] = ended((await tool.stop()).stdout);
    expect(row).toMatchObject({ end: 'rst', dport: 9, tx_packets: 1, rx_packets: 1 });
  });

  test('sessions that had to make way are counted', async () => {
    const total = 1009;
    const tool = await start('--max-sessions', '64', '--interval', '60');
    await client(total);
    const { stdout } = await tool.stop();
    expect(lostIn(stdout)).toBeGreaterThan(0);
    expect(rowsOf(stdout).length + lostIn(stdout)).toBe(total);
  });

  test('the first of each picture, in the order that is asked for', async () => {
    const tool = await start('--top', '2', '--sort', 'bytes', '--interval', '60');
    await client(1);
    await pair.run(pair.client, 'client', PORT, '1', '5000', V4);
    await pair.run(pair.client, 'client', PORT, '1', '300', V4);
    const rows = rowsOf((await tool.stop()).stdout);
    expect(rows.map(({ tx_payload_bytes }) => tx_payload_bytes)).toEqual([5000, 300]);
  });

  test('JSON obeys the schema of the package', async () => {
    const tool = await start('--interval', '0.3');
    await client();
    await pair.start(pair.client, 'holder', 'fd77::2', PORT);
    const { stdout } = await tool.stop();
    const schema = readFileSync(new URL('../tc-tracker.schema.json', import.meta.url), 'utf8');
    const valid = new Ajv2020({ validateFormats: false }).compile(JSON.parse(schema));
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) expect(valid(JSON.parse(line)), line).toBe(true);
  });

  test('as a library, in a process that stays root', async () => {
    const events: SessionEvent[] = [];
    const options = { netns: [pair.client], interfaces: ['cable'], intervalMs: 200 };
    const stream = sessions(options);
    // What is seen of an old session tells that it has begun to look.
    const holder = await pair.start(pair.client, 'holder', V4, PORT);
    const again = setInterval(() => holder.kill('SIGUSR1'), 100);
    const first = await stream.next();
    clearInterval(again);
    const told = await client();
    for (let next = first; !next.done; next = await stream.next()) {
      if (next.value.type === 'session' && next.value.when === 'end') events.push(next.value);
      if (events.length === 3) break;
    }
    await stream.return();
    expect(events.map(({ sport }) => sport).sort()).toEqual([...told.ports].sort());
    expect(events[0]).toMatchObject({ netns: netnsOf(pair.client), tx_payload_bytes: 7 });
    expect(process.geteuid?.()).toBe(0);
  });
});

describe('in a container', () => {
  const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'runc');
  let runtime: TestContainerd | undefined;
  beforeAll(async () => {
    if (lack === null) runtime = await startContainerd();
  });
  afterAll(() => runtime?.stop());

  test('its interfaces and its sessions, also of one that starts later', async (context) => {
    requireKernel(context, lack ?? (features.supportsTcx() ? null : 'counts tcx links'));
    const containers = runtime as TestContainerd;
    const talk =
      'httpd -p 8080 -h /bin && for i in 1 2 3; do wget -q -O /dev/null http://127.0.0.1:8080/busybox; done';
    await containers.run('web');
    const env = { CONTAINERD_ADDRESS: containers.socket };
    const options = ['--container', 'web,later', '--wait', '-i', 'lo', '-o', 'json'];
    const tool = await startTool('tc-tracker', options, { env });
    await containers.exec('web', ['sh', '-c', talk]);
    await containers.run('later');
    const pid = tool.child.pid as number;
    while (linksOf(pid) + linksOf(attacherOf(pid)) < 4)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await containers.exec('later', ['sh', '-c', talk]);
    const { stdout, stderr, code } = await tool.stop();
    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    for (const name of ['web', 'later']) {
      const own = rows.filter((row) => (row.container as { id?: string } | null)?.id === name);
      const clients = own.filter(({ comm, when }) => comm === 'wget' && when === 'end');
      expect(clients).toHaveLength(3);
      for (const row of clients) expect(row).toMatchObject({ dport: 8080, opener: 'local' });
    }
  });
});
