import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import type { Metric } from './metric.js';

const PATH = '/metrics';
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** Prometheus asks one question at a time; of others there may not be many. */
const MAX_CONNECTIONS = 16;
const REQUEST_MS = 10_000;

/** Words that Prometheus's naming wants at the end of a name, for units. */
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', '1': 'ratio' };

/** Answers Prometheus. */
export class ScrapeServer {
  readonly #server: Server;
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  readonly #collect: () => Promise<CollectionResult>;

  constructor(collect: () => Promise<CollectionResult>) {
    this.#collect = collect;
    const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS };
    this.#server = createServer(limits, (request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        response.writeHead(503, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
      });
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @returns the URL of the metrics, with the port that was taken */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, resolve);
    });
    const { address, family, port: taken } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}${PATH}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (url.split('?')[0] !== PATH) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`Metrics are at ${PATH}\n`);
    } else {
      const { resourceMetrics } = await this.#collect();
      const text = this.#serializer.serialize(resourceMetrics);
      response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text);
    }
  }
}

/**
 * A metric under the name that Prometheus's rules give it: its unit is part of it. The dots and
 * `_total` are the serializer's.
 */
export function namedForPrometheus(metric: Metric): Metric {
  const unit = UNITS[metric.unit];
  const renamed = { ...metric, unit: '' };
  if (unit === undefined || metric.name.endsWith(unit)) return renamed;
  return { ...renamed, name: `${metric.name}_${unit}` };
}
