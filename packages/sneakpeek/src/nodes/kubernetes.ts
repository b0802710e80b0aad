import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { SneakpeekError } from '../errors.js';

/** A node of the cluster. */
export interface ClusterNode {
  readonly name: string;
  /** Its InternalIP, else whatever address it tells. */
  readonly address: string;
}

/** A container of a pod. */
export interface ClusterContainer {
  /** Name of the node. */
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
  /** The runtime's id, without the runtime's name. */
  readonly id: string;
}

const PAGE = 500;
const CALL_MS = 30_000;
const MAX_BODY_BYTES = 256 << 20;

/**
 * The Kubernetes API: who is in the cluster. Read-only. The credentials are those of kubectl:
 * KUBECONFIG, ~/.kube/config, or the service account of the pod that this runs in.
 */
export class Kubernetes {
  readonly #config: KubeConfig;
  readonly #server: string;

  private constructor(config: KubeConfig, server: string) {
    this.#config = config;
    this.#server = server;
  }

  /** Null where no cluster is configured. @throws SneakpeekError CLUSTER_UNKNOWN if that cannot be read */
  static find(): Kubernetes | null {
    const config = new KubeConfig();
    try {
      config.loadFromDefault();
    } catch (error) {
      const why = `kubeconfig: ${(error as Error).message}`;
      throw new SneakpeekError('CLUSTER_UNKNOWN', why, 'See KUBECONFIG and ~/.kube/config.', error);
    }
    const cluster = config.getCurrentCluster();
    // Without any configuration the library makes one up, as kubectl does.
    if (cluster === null || isMadeUp(cluster)) return null;
    return new Kubernetes(config, cluster.server);
  }

  /** @throws SneakpeekError CLUSTER_UNKNOWN where no cluster is configured */
  static open(): Kubernetes {
    const cluster = Kubernetes.find();
    if (cluster !== null) return cluster;
    const hint = 'Set KUBECONFIG (sudo takes it away unless told -E), or name nodes with -a.';
    throw new SneakpeekError('CLUSTER_UNKNOWN', 'no cluster is configured', hint);
  }

  async nodes(): Promise<ClusterNode[]> {
    const nodes: ClusterNode[] = [];
    for await (const { metadata, status } of this.#list('/api/v1/nodes')) {
      const addresses = list(object(status).addresses).map(object);
      const found = addresses.find(({ type }) => type === 'InternalIP') ?? addresses[0];
      const address = found?.address;
      const name = object(metadata).name;
      if (typeof address === 'string' && typeof name === 'string') nodes.push({ name, address });
    }
    return nodes;
  }

  /** Containers that have been started, also initial and ephemeral ones; all namespaces. */
  async containers(): Promise<ClusterContainer[]> {
    const containers: ClusterContainer[] = [];
    for await (const { metadata, spec, status } of this.#list('/api/v1/pods')) {
      const { name: pod, namespace } = object(metadata);
      const { nodeName } = object(spec);
      const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } =
        object(status);
      const all = [containerStatuses, initContainerStatuses, ephemeralContainerStatuses].flatMap(
        list,
      );
      for (const { name, containerID, state } of all.map(object)) {
        // What has ended is no container of the node any more, or soon will not be.
        if (typeof containerID !== 'string' || object(state).running === undefined) continue;
        const id = containerID.replace(/^[^:]*:\/\//, '');
        containers.push({
          ...{ node: String(nodeName), namespace: String(namespace) },
          ...{ pod: String(pod), name: String(name), id },
        });
      }
    }
    return containers;
  }

  async *#list(path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
    let next = '';
    do {
      const from = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const page = object(await this.#get(`${path}?limit=${PAGE}${from}`));
      yield* list(page.items).map(object);
      const token = object(page.metadata).continue;
      next = typeof token === 'string' ? token : '';
    } while (next !== '');
  }

  async #get(path: string): Promise<unknown> {
    const url = new URL(this.#server.replace(/\/$/, '') + path);
    const { request } = await (url.protocol === 'http:'
      ? import('node:http')
      : import('node:https'));
    const options: RequestOptions = { headers: { accept: 'application/json' } };
    try {
      await this.#config.applyToHTTPSOptions(options);
      return await new Promise((resolve, reject) => {
        const call = request(url, { ...options, timeout: CALL_MS }, async (response) => {
          try {
            let body = '';
            for await (const chunk of response.setEncoding('utf8')) {
              body += chunk;
              if (body.length > MAX_BODY_BYTES) throw new Error('the answer is too long');
            }
            const { statusCode } = response;
            if (statusCode === 200) return resolve(JSON.parse(body));
            reject(new Error(`status ${statusCode}${messageIn(body)}`));
          } catch (error) {
            reject(error);
          }
        });
        call.once('error', reject);
        call.once('timeout', () => call.destroy(new Error('no answer')));
        call.end();
      });
    } catch (error) {
      throw new SneakpeekError(
        'CLUSTER_FAILED',
        `${url.origin}: ${(error as Error).message}`,
        'Try: kubectl get nodes.',
        error,
      );
    }
  }
}

/** What a refusal says, behind a comma; nothing where somebody else than Kubernetes answers. */
function messageIn(body: string): string {
  try {
    const { message } = object(JSON.parse(body));
    return typeof message === 'string' ? `, ${message}` : '';
  } catch {
    return '';
  }
}

const isMadeUp = ({ name, server }: { name: string; server: string }): boolean =>
  name === 'cluster' && server === 'http://localhost:8080';

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
