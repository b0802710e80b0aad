import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, OtlpReceiver } from '../../../tools/testing/otlp-receiver.js';
import { listenAddress, receiverUrl } from '../src/options/endpoints.js';
import { type Child, newFolder, shell, start, telemetry, tool } from './fixture/run.js';

/** What the tool waits for its collector at the end; with what else takes time here, less than a request may. */
const PATIENCE_MS = 2000;
const SLACK_MS = 7000;
/** Rows of a storm: 130 MB. */
const STORM = 1_000_000;

const receivers: OtlpReceiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

async function receive(answer?: Answer): Promise<OtlpReceiver> {
  const receiver = await OtlpReceiver.start(answer);
  receivers.push(receiver);
  return receiver;
}

const json = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const summaryOf = (stdout: string) => json(stdout).at(-1);

describe('addresses', () => {
  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    [':9464', { host: '127.0.0.1', port: 9464 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['65536', undefined],
    ['::1:9464', undefined],
    ['host', undefined],
    ['', undefined],
  ])('%s to listen on', (text, expected) => {
    expect(listenAddress(text)).toEqual(expected);
  });

  it.each([
    ['http://127.0.0.1:4318/', 'http://127.0.0.1:4318'],
    ['https://otlp.example.com/otlp', 'https://otlp.example.com/otlp'],
    ['127.0.0.1:4318', undefined],
    ['ftp://127.0.0.1', undefined],
    ['http://host/?a=b', undefined],
  ])('%s to send to', (text, expected) => {
    expect(receiverUrl(text)).toBe(expected);
  });
});

describe('--otlp', () => {
  it('sends each row once, and losses, besides what is printed', async () => {
    const collector = await receive();
    const child = start(
      `--rows 2000 --max-events 2000 --lose 3 -o json --otlp ${collector.url} --node-name n1`,
    );
    expect(await child.end()).toBe(0);
    const rows = json(child.stdout);
    expect(rows.filter(({ type }) => type === 'row')).toHaveLength(2000);
    expect(new Set(rows.map(({ node }) => node))).toEqual(new Set(['n1']));
    expect(summaryOf(child.stdout)).toMatchObject({ events: 2000, lost: 3, unsent: 0 });
    const sent = collector.logs.filter(({ eventName }) => eventName === 'imagesnoop.fixture.row');
    // Requests go side by side, and may overtake each other.
    sent.sort((a, b) => Number(a.timeNs - b.timeNs));
    expect(sent.map(({ attributes }) => attributes['process.pid'])).toEqual(
      Array.from({ length: 2000 }, (_, i) => i),
    );
    expect(sent.slice(0, 2).map(({ severity }) => severity)).toEqual(['INFO', 'WARN']);
    expect(sent[1]?.attributes).not.toHaveProperty('k8s.node.name');
    expect(sent[1]?.attributes['error.type']).toBe('ECONNREFUSED');
    expect(sent[1]?.timeNs).toBe(nanoseconds(rows[2].time));
    expect(collector.logs.filter(({ eventName }) => eventName.endsWith('.lost'))).toHaveLength(1);
    expect(collector.resource).toMatchObject({
      'service.name': 'imagesnoop-fixture',
      'service.version': '1.2.3',
      'k8s.node.name': 'n1',
    });
    expect(collector.metrics).toBeGreaterThan(0);
  });

  it.each<Answer>([503, 429, 'hang', 'close'])(
    'a collector that answers %s costs nothing but what it misses',
    async (answer) => {
      const collector = await receive(answer);
      const begun = performance.now();
      const child = start(`--rows 500 --max-events 500 -o json --otlp ${collector.url}`);
      expect(await child.end()).toBe(0);
      expect(performance.now() - begun).toBeLessThan(PATIENCE_MS + SLACK_MS);
      expect(json(child.stdout).filter(({ type }) => type === 'row')).toHaveLength(500);
      expect(json(child.stdout)).toContainEqual(
        expect.objectContaining({ type: 'lost', cause: 'otlp_failed', count: 500 }),
      );
      expect(summaryOf(child.stdout)).toMatchObject({ events: 500, lost: 0, unsent: 500 });
      expect(child.stderr).toContain('500 events not sent (otlp_failed, 500 in all)');
      expect(child.stderr).toContain('500 events, 0 lost, 500 not sent');
    },
  );

  it('what a collector says does not drive the terminal', async () => {
    const words = `\x1b]0;title\x07\x1b[31m${'x'.repeat(500)}`;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(`HTTP/1.1 400 ${words}\r\nContent-Length: 0\r\n\r\n`));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const child = start(`--rows 5 --max-events 5 -o json --otlp http://127.0.0.1:${port}`);
    expect(await child.end()).toBe(0);
    server.close();
    expect(child.stderr).toContain('does not take events: 400 \\x1b]0;title\\x07\\x1b[31mxxx');
    expect(child.stderr).not.toContain('\x1b');
    expect(child.stderr).not.toContain('x'.repeat(200));
  });

  it('what a collector refuses for good is not tried again', async () => {
    const collector = await receive(400);
    const child = start(`--rows 500 --max-events 500 -o json --otlp ${collector.url}`);
    expect(await child.end()).toBe(0);
    expect(collector.refused).toHaveLength(500);
    expect(summaryOf(child.stdout)).toMatchObject({ lost: 0, unsent: 500 });
    expect(child.stderr).toContain('does not take events: 400');
  });

  it('what a collector rejects of a request is counted', async () => {
    const collector = await receive({ rejected: 7 });
    const child = start(`--rows 100 --max-events 100 -o json --otlp ${collector.url}`);
    expect(await child.end()).toBe(0);
    expect(summaryOf(child.stdout)).toMatchObject({ events: 100, lost: 0, unsent: 7 });
  });

  it('a collector that comes back gets what waited for it', async () => {
    const collector = await receive(503);
    const child = start(`--rows 300 -o json --otlp ${collector.url}`);
    await collector.until(() => collector.refused.length > 0);
    collector.answer = 200;
    await collector.until(() => collector.logs.length === 300);
    child.process.kill('SIGINT');
    expect(await child.end()).toBe(0);
    expect(summaryOf(child.stdout)).toMatchObject({ events: 300, unsent: 0 });
  });

  it('a storm at a collector that hangs takes bounded memory, and the output has every row', async () => {
    const collector = await receive('hang');
    const path = join(newFolder(), 'rows.json');
    const file = openSync(path, 'w');
    const child = start(`--forever -o json --otlp ${collector.url} --prometheus 0`, {
      stdout: file,
    });
    closeSync(file);
    const url = await metricsOf(child);
    while (counted(await (await fetch(url)).text()) < STORM);
    const status = readFileSync(`/proc/${child.process.pid}/status`, 'utf8');
    child.process.kill('SIGINT');
    expect(await child.end()).toBe(0);
    const rows = json(readFileSync(path, 'utf8'));
    const { events, lost, unsent } = rows.at(-1);
    expect(events).toBeGreaterThanOrEqual(STORM);
    expect(rows.filter(({ type }) => type === 'row')).toHaveLength(events);
    expect({ lost, unsent }).toEqual({ lost: 0, unsent: events });
    expect(child.stderr).toContain('otlp_full');
    expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(256 * 1024);
  });

  it('Ctrl-C twice does not wait for the collector', async () => {
    const collector = await receive('hang');
    const child = start(`--rows 10 --otlp ${collector.url} --no-file`);
    await collector.until(() => collector.refused.length > 0);
    child.process.kill('SIGINT');
    // A second one within 250 ms counts as the same.
    while (child.process.exitCode === null && child.process.signalCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      child.process.kill('SIGINT');
    }
    // A normal end would have an exit code.
    expect(child.process.signalCode).toBe('SIGINT');
  });
});

describe('--prometheus', () => {
  it('answers with counts, on loopback, also once root is given up', async () => {
    const drop = process.getuid?.() === 0 ? '--drop' : '';
    const child = start(`--rows 1001 --lose 5 --no-file ${drop} --prometheus 0`);
    const url = await metricsOf(child);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const text = await (await fetch(url)).text();
    expect(text).toContain('imagesnoop_fixture_events_total 501\n');
    expect(text).toContain('imagesnoop_fixture_events_total{error_type="ECONNREFUSED"} 500\n');
    expect(text).toContain('imagesnoop_fixture_lost_total{cause="ring_buffer_full"} 5\n');
    expect(text).toContain('target_info{service_name="imagesnoop-fixture",service_version="1.2.3"');
    expect(text).toMatch(/process_cpu_time_seconds_total\{cpu_mode="user"\} [0-9.]+\n/);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    child.process.kill('SIGINT');
    expect(await child.end()).toBe(0);
  });

  it('an address that is taken is an error before anything is attached', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const child = start(`--rows 1 --no-file --prometheus ${port} -v`);
    expect(await child.end()).toBe(1);
    server.close();
    expect(child.stderr).toContain(`cannot listen on 127.0.0.1, port ${port}: EADDRINUSE`);
    expect(child.stderr).toContain('[TELEMETRY_LISTEN_FAILED]');
  });
});

it('without the flags nothing of telemetry is loaded', async () => {
  const without = join(newFolder(), 'without.mjs');
  writeFileSync(without, readFileSync(tool, 'utf8').replaceAll(telemetry, '/no/such/file.js'));
  const child = shell(`node ${without} --rows 1 --max-events 1 -o json`);
  expect(await child.end()).toBe(0);
  expect(summaryOf(child.stdout)).toMatchObject({ events: 1, unsent: null });
  expect(await shell(`node ${without} --rows 1 --max-events 1 --prometheus 0`).end()).toBe(1);
});

/** Where a tool says that its metrics are. */
async function metricsOf(child: Child): Promise<string> {
  await child.says('/metrics; ');
  return /http:\S+\/metrics/.exec(child.stderr)?.[0] as string;
}

/** Events in the text that Prometheus gets. */
function counted(metrics: string): number {
  const lines = metrics.matchAll(/^imagesnoop_fixture_events_total\S* (\d+)$/gm);
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Of RFC 3339 with nanoseconds. */
function nanoseconds(time: string): bigint {
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29));
}
