// The thread that exports: it makes requests of rows, and answers those who ask for metrics. All that
// the SDK does happens here, so that a tool's own output never waits for it.
import { parentPort, workerData } from 'node:worker_threads';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { FromExporter, Settings, ToExporter } from './messages.js';
import type { Metric } from './metric.js';
import { collected } from './metric-data.js';
import { resourceOf } from './resource.js';
import { namedForPrometheus, ScrapeServer } from './scrape.js';
import { Sender } from './sender.js';

/** How often metrics are sent; `OTEL_METRIC_EXPORT_INTERVAL` says otherwise. */
const METRICS_EVERY_MS = 15_000;
/** How long the tool's thread may take to tell its metrics. */
const COLLECT_MS = 5000;

const port = parentPort;
if (port === null) throw new Error('this is a thread of a tool, not a program');
const settings = workerData as Settings;
const resource = resourceOf(settings);
const say = (message: FromExporter): void => port.postMessage(message);

const asked = new Map<number, (metrics: readonly Metric[]) => void>();
let questions = 0;

/** The tool's metrics as they are now. */
function ask(): Promise<readonly Metric[]> {
  const id = ++questions;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      asked.delete(id);
      reject(new Error('the tool did not tell its metrics in time'));
    }, COLLECT_MS);
    asked.set(id, (metrics) => {
      clearTimeout(timer);
      asked.delete(id);
      resolve(metrics);
    });
    say({ kind: 'collect', id });
  });
}

function metricReader(url: string): PeriodicExportingMetricReader {
  const every = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL);
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: every > 0 ? every : METRICS_EVERY_MS,
    exportTimeoutMillis: every > 0 ? every : METRICS_EVERY_MS,
    metricProducers: [{ collect: async () => collected(await ask(), resource, settings.version) }],
  });
}

let sender: Sender | undefined;
let meters: MeterProvider | undefined;
let server: ScrapeServer | undefined;

async function start(): Promise<void> {
  const { otlp, prometheus } = settings;
  if (otlp !== undefined) {
    const base = otlp.replace(/\/+$/, '');
    sender = new Sender(settings, `${base}/v1/logs`, (why) => say({ kind: 'trouble', why }));
    meters = new MeterProvider({ resource, readers: [metricReader(`${base}/v1/metrics`)] });
  }
  if (prometheus === undefined) return say({ kind: 'ready', address: null });
  server = new ScrapeServer(async () =>
    collected((await ask()).map(namedForPrometheus), resource, settings.version),
  );
  const { host, port } = prometheus;
  try {
    say({ kind: 'ready', address: await server.listen(host, port) });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    say({
      kind: 'failed',
      code: 'TELEMETRY_LISTEN_FAILED',
      message: `--prometheus: cannot listen on ${host}, port ${port}: ${why}`,
      hint: 'name another address or port, as in --prometheus 127.0.0.1:9465',
    });
  }
}

async function finish(): Promise<void> {
  await meters?.forceFlush().catch(() => {});
  server?.close();
  say({ kind: 'finished' });
}

port.on('message', (message: ToExporter) => {
  if (message.kind === 'begin') sender?.begin(message.fields);
  else if (message.kind === 'rows')
    void sender
      ?.send(message.pieces)
      .then((failed) => say({ kind: 'done', id: message.id, failed }));
  else if (message.kind === 'metrics') asked.get(message.id)?.(message.metrics);
  else if (message.kind === 'finish') void finish();
});

await start();
