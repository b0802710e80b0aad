/**
 * The Container Runtime Interface, which kubelet speaks with CRI-O and others. For containerd its
 * own services tell more and sooner; this is for the rest.
 * Field numbers: k8s.io/cri-api, runtime/v1, the same in v1alpha2.
 */
import { GrpcClient, GrpcError, UNIMPLEMENTED } from '../grpc.js';
import type { Entry } from '../inventory.js';
import { podOf } from '../labels.js';
import { count, object } from '../narrow.js';
import { encode, Message } from '../wire.js';
import type { Session } from './session.js';
import type { SourceContext } from './source.js';

/** How often the list is asked for where the runtime has no event stream (before CRI 1.26). */
const POLL_MS = 1000;
const RUNNING = 1; // ContainerState
const READY = 0; // PodSandboxState

export async function openCri(context: SourceContext, path: string): Promise<Session> {
  const grpc = await GrpcClient.connect(path);
  try {
    const { service, version } = await negotiate(grpc);
    const cri = new Cri(context, grpc, service);
    const listed = cri.list();
    void cri.follow().catch(() => grpc.close());
    return {
      runtime: 'cri',
      version: `${version.text(2)} ${version.text(3)}`.trim() || null,
      listed,
      closed: grpc.closed,
      close: () => grpc.close(),
    };
  } catch (error) {
    grpc.close();
    throw error;
  }
}

/** runtime.v1 since Kubernetes 1.23, v1alpha2 before. */
async function negotiate(grpc: GrpcClient): Promise<{ service: string; version: Message }> {
  const ask = async (service: string) => ({
    service,
    version: new Message(await grpc.call(`${service}/Version`, encode({}))),
  });
  try {
    return await ask('/runtime.v1.RuntimeService');
  } catch (error) {
    if (!(error instanceof GrpcError) || error.status !== UNIMPLEMENTED) throw error;
    return ask('/runtime.v1alpha2.RuntimeService');
  }
}

class Cri {
  readonly #context: SourceContext;
  readonly #grpc: GrpcClient;
  readonly #service: string;
  #keys: ReadonlySet<string> = new Set();

  constructor(context: SourceContext, grpc: GrpcClient, service: string) {
    this.#context = context;
    this.#grpc = grpc;
    this.#service = service;
  }

  /** Makes all containers and sandboxes known, and returns their keys. */
  async list(): Promise<ReadonlySet<string>> {
    const sandboxes = (await this.#call('ListPodSandbox')).messages(1);
    const containers = (await this.#call('ListContainers')).messages(1);
    const keys = new Set<string>();
    for (const sandbox of sandboxes) {
      const entry = this.#describe(sandbox, '', '');
      keys.add(entry.key);
      if (sandbox.number(3) === READY) await this.#attach(entry, 'PodSandboxStatus');
      else this.#context.inventory.ended(entry);
    }
    for (const container of containers) {
      const name = container.message(3).text(1);
      const entry = this.#describe(container, name, container.message(4).text(1));
      keys.add(entry.key);
      if (container.number(6) === RUNNING) await this.#attach(entry, 'ContainerStatus');
      else this.#context.inventory.ended(entry);
    }
    for (const key of this.#keys) if (!keys.has(key)) this.#context.inventory.removed(key);
    this.#keys = keys;
    return keys;
  }

  /** Keeps up with changes for as long as the connection lasts; throws when it is gone. */
  async follow(): Promise<void> {
    const method = `${this.#service}/GetContainerEvents`;
    let listing = false;
    let again = false;
    // However many events come during a list, one more list has them all.
    const relist = async (): Promise<void> => {
      again = true;
      if (listing) return;
      listing = true;
      while (again) {
        again = false;
        await this.list().catch(() => {});
      }
      listing = false;
    };
    try {
      await this.#grpc.stream(method, encode({}), () => void relist(), { unlimited: true });
    } catch (error) {
      if (!(error instanceof GrpcError) || error.status !== UNIMPLEMENTED) throw error;
    }
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS).unref());
      await this.list();
    }
  }

  async #call(name: string, request = encode({})): Promise<Message> {
    return new Message(await this.#grpc.call(`${this.#service}/${name}`, request));
  }

  /** Labels stand in field 8 of a container and 5 of a sandbox. */
  #describe(item: Message, container: string, image: string): Entry {
    const labels = item.map(container === '' ? 5 : 8);
    return this.#context.inventory.describe({
      id: item.text(1),
      runtime: 'cri',
      name: container || null,
      image: image || null,
      k8s: podOf(container === '' ? sandboxLabels(item, labels) : labels),
      managed: true,
    });
  }

  async #attach(entry: Entry, method: string): Promise<void> {
    if (entry.process !== null) return; // its state directory was quicker
    const pid = await this.#pid(entry, method).catch(() => undefined);
    if (pid === undefined) return;
    const confirm = async () => (await this.#pid(entry, method)) === pid;
    await this.#context.attacher.attach(entry, { pid, confirm });
  }

  /** CRI has no field for the pid; CRI-O and containerd both put it into the verbose status. */
  async #pid({ info }: Entry, method: string): Promise<number | undefined> {
    const status = await this.#call(method, encode({ 1: info.id, 2: true }));
    return count(object(JSON.parse(status.map(2).info ?? '{}')).pid);
  }
}

/** kubelet labels sandboxes too, but only their metadata must be there. */
function sandboxLabels(sandbox: Message, labels: Record<string, string>): Record<string, string> {
  const metadata = sandbox.message(2);
  return {
    ...labels,
    'io.kubernetes.pod.name': metadata.text(1),
    'io.kubernetes.pod.namespace': metadata.text(3),
  };
}
