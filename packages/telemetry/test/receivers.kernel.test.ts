// What a real Prometheus and a real OpenTelemetry Collector get of a tool that traces this process.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  lacksCollector,
  lacksPrometheus,
  RunningCollector,
  RunningPrometheus,
} from '../../../tools/telemetry/running.js';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { type RunningTool, rowsOf, startTool } from '../../../tools/testing/tool.js';

/** Prime numbers, so that no sum of others is taken for one. */
const REFUSED = 13;
const ACCEPTED = 7;
const METRICS = 'imagesnoop_tcpconnect';

const stopped: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of stopped.splice(0)) await each.stop();
});
beforeEach((context) => requireKernel(context, lacksRoot()));

/** tcpconnect on this process alone; it stops by itself after the test if it has not. */
async function trace(...args: string[]): Promise<RunningTool> {
  const only = ['-p', String(process.pid), '-o', 'json', '--node-name', 'node-a'];
  const tool = await startTool('tcpconnect', [...only, ...args]);
  stopped.push(tool);
  return tool;
}

/** Connects that are refused, and some that are not. */
async function connects(): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const attempt = (to: number) =>
    new Promise((done) =>
      connect(to, '127.0.0.1')
        .on('error', () => {})
        .once('close', done),
    );
  for (let i = 0; i < ACCEPTED; i++) await attempt(port);
  server.close();
  await once(server, 'close');
  for (let i = 0; i < REFUSED; i++) await attempt(port);
}

const addressOf = async (tool: RunningTool): Promise<string> => {
  const [, address] = /metrics at http:\/\/([^/]+)\//.exec(tool.stderr) ?? [];
  if (address === undefined) throw new Error(`no address: ${tool.stderr}`);
  return address;
};

describe('Prometheus', () => {
  beforeEach((context) => context.skip(lacksPrometheus() !== null, lacksPrometheus() ?? ''));

  test('scrapes what was counted, under names of its own rules', async () => {
    const tool = await trace('--prometheus', '0');
    const prometheus = await RunningPrometheus.start([await addressOf(tool)]);
    stopped.push(prometheus);
    await connects();
    const refused = `${METRICS}_events_total{error_type="ECONNREFUSED",job="imagesnoop"}`;
    await prometheus.until(refused, ([one]) => one?.value === REFUSED);
    // Asking Prometheus is connecting, too: of those that worked there are at least ours.
    const [worked] = await prometheus.query(`${METRICS}_events_total{error_type=""}`);
    expect(worked?.value).toBeGreaterThanOrEqual(ACCEPTED);
    const [latencies] = await prometheus.query(
      `${METRICS}_latency_seconds_count{error_type="ECONNREFUSED"}`,
    );
    expect(latencies?.value).toBe(REFUSED);
    const [p99] = await prometheus.query(
      `histogram_quantile(0.99, sum by (le) (${METRICS}_latency_seconds_bucket))`,
    );
    expect(p99?.value).toBeGreaterThan(0);
    expect(p99?.value).toBeLessThan(1);
    const lost = await prometheus.query(`${METRICS}_lost_total`);
    expect(lost.map(({ labels, value }) => [labels.cause, value])).toEqual(
      expect.arrayContaining([['ring_buffer_full', 0]]),
    );
    const [info] = await prometheus.query('target_info');
    expect(info?.labels).toMatchObject({
      service_name: 'imagesnoop-tcpconnect',
      k8s_node_name: 'node-a',
    });
    expect(await prometheus.query('up == 1')).toHaveLength(1);
  });
});

describe('OpenTelemetry Collector', () => {
  beforeEach((context) => context.skip(lacksCollector() !== null, lacksCollector() ?? ''));

  test('gets each event with its fields, and the metrics', async () => {
    const collector = await RunningCollector.start();
    stopped.push(collector);
    const tool = await trace('--otlp', collector.otlp);
    await connects();
    const { stdout } = await tool.stop();
    const rows = rowsOf(stdout);
    expect(rows.length).toBeGreaterThanOrEqual(REFUSED + ACCEPTED);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({ unsent: 0 });
    const records = collector.requests.flatMap(({ path, body }) =>
      path === '/v1/logs' ? recordsIn(body) : [],
    );
    expect(records.map(({ timeUnixNano }) => timeUnixNano)).toEqual(
      rows.map(({ time }) => nanoseconds(time as string)),
    );
    for (const [i, row] of rows.entries()) {
      expect(attributesOf(records[i] as LogRecord)).toMatchObject({
        type: 'connect',
        'process.pid': row.pid,
        'destination.address': row.daddr,
        'destination.port': row.dport,
        ...(row.error === null ? {} : { 'error.type': row.error }),
      });
    }
    const last = collector.requests.findLast(({ path }) => path === '/v1/metrics');
    const metrics = new Map(metricsIn(last?.body).map((each) => [each.name, each]));
    const failed = (points: readonly MetricPoint[] = []) =>
      points.find((point) => attributesOf(point)['error.type'] === 'ECONNREFUSED');
    const events = metrics.get('imagesnoop.tcpconnect.events')?.sum;
    expect(events).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
    expect(failed(events?.dataPoints)?.asDouble).toBe(REFUSED);
    const latency = metrics.get('imagesnoop.tcpconnect.latency');
    expect(latency?.unit).toBe('s');
    expect(failed(latency?.histogram?.dataPoints)?.count).toBe(String(REFUSED));
  });
});

type Value = { stringValue?: string; intValue?: string };
interface Attributed {
  readonly attributes?: readonly { key: string; value: Value }[];
}
interface LogRecord extends Attributed {
  readonly timeUnixNano: string;
}
interface MetricPoint extends Attributed {
  readonly asDouble?: number;
  /** 64-bit numbers are texts in OTLP's JSON. */
  readonly count?: string;
}
interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly MetricPoint[] };
  readonly histogram?: { readonly dataPoints: readonly MetricPoint[] };
}

function recordsIn(body: unknown): LogRecord[] {
  const { resourceLogs } = body as {
    resourceLogs: { scopeLogs: { logRecords: LogRecord[] }[] }[];
  };
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
}

function metricsIn(body: unknown): Metric[] {
  const { resourceMetrics } = body as {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
  };
  return resourceMetrics.flatMap((each) => each.scopeMetrics.flatMap(({ metrics }) => metrics));
}

function attributesOf({ attributes = [] }: Attributed): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue } }) => [
      key,
      intValue === undefined ? stringValue : Number(intValue),
    ]),
  );
}

/** Of RFC 3339 with nanoseconds. */
function nanoseconds(time: string): string {
  const seconds = Date.parse(`${time.slice(0, 19)}Z`) / 1000;
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(time.slice(20, 29)));
}
