// Prometheus and the OpenTelemetry Collector as processes of a test, on free ports of loopback.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COLLECTOR, prometheus } from './receivers.mjs';

const POLL_MS = 100;
const PATIENCE_MS = 30_000;

/** A sample of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Why there is no Prometheus, or null. */
export function lacksPrometheus(): string | null {
  try {
    prometheus();
    return null;
  } catch (error) {
    return `needs Debian's Prometheus: ${(error as Error).message}`;
  }
}

/** Why there is no collector, or null. */
export function lacksCollector(): string | null {
  return existsSync(COLLECTOR)
    ? null
    : 'needs a collector: node tools/telemetry/build-collector.mjs (5 minutes)';
}

/** A program with a folder and a port of its own. */
class Program {
  readonly folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
  readonly port: number;
  #child: ChildProcess | undefined;
  #said = '';

  constructor(port: number) {
    this.port = port;
  }

  /** Runs it until it has said `ready`. */
  async run(binary: string, args: readonly string[], ready: string): Promise<void> {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const hear = (text: string) => {
        this.#said += text;
        if (this.#said.includes(ready)) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', hear);
      child.stderr.setEncoding('utf8').on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${binary} ended: ${this.#said}`)));
    });
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined && this.#child.exitCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A Prometheus that asks the given addresses each second. */
export class RunningPrometheus {
  readonly #server: Program;

  private constructor(server: Program) {
    this.#server = server;
  }

  static async start(targets: readonly string[]): Promise<RunningPrometheus> {
    const server = new Program(await freePort());
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'imagesnoop', static_configs: [{ targets }] }],
    };
    // JSON is YAML.
    writeFileSync(join(server.folder, 'prometheus.yml'), JSON.stringify(config));
    const args = [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${server.port}`,
    ];
    await server.run(prometheus(), args, 'Server is ready to receive web requests');
    return new RunningPrometheus(server);
  }

  /** The samples of an expression now. */
  async query(expression: string): Promise<Sample[]> {
    const url = `http://127.0.0.1:${this.#server.port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { data, error } = (await (await fetch(url)).json()) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      error?: string;
    };
    if (data === undefined) throw new Error(`${expression}: ${error}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Asks until the answer is as wanted; it comes with the next scrape at the earliest. */
  async until(expression: string, is: (samples: Sample[]) => boolean): Promise<Sample[]> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const samples = await this.query(expression);
      if (is(samples)) return samples;
      if (performance.now() > deadline)
        throw new Error(`${expression} stays ${JSON.stringify(samples)}`);
      await sleep(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}

/** A collector that hands on what it gets as JSON. */
export class RunningCollector {
  /** What it has handed on, by path: `/v1/logs`, `/v1/metrics`. */
  readonly requests: { readonly path: string; readonly body: unknown }[] = [];
  readonly #server: Program;
  readonly #next: Server;

  private constructor(server: Program, next: Server) {
    this.#server = server;
    this.#next = next;
    next.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      this.requests.push({ path: request.url ?? '', body });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }

  static async start(): Promise<RunningCollector> {
    const next = createServer().listen(0, '127.0.0.1');
    await once(next, 'listening');
    const server = new Program(await freePort());
    const endpoint = `http://127.0.0.1:${(next.address() as AddressInfo).port}`;
    const pipeline = { receivers: ['otlp'], exporters: ['otlphttp'] };
    const config = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${server.port}` } } } },
      exporters: {
        otlphttp: {
          ...{ endpoint, encoding: 'json', compression: 'none' },
          sending_queue: { enabled: false },
        },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { logs: pipeline, metrics: pipeline },
      },
    };
    writeFileSync(join(server.folder, 'collector.yml'), JSON.stringify(config));
    const collector = new RunningCollector(server, next);
    await server.run(COLLECTOR, ['--config', 'collector.yml'], 'Everything is ready');
    return collector;
  }

  get otlp(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    this.#next.close();
    this.#next.closeAllConnections();
  }
}

async function freePort(): Promise<number> {
  const server = createSocket().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
