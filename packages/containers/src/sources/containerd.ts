/**
 * containerd's gRPC services: who exists in which namespace, which tasks run, and its events,
 * of which "task created" comes before the task is started.
 * Field numbers: containerd's api/ directory, unchanged since 1.0.
 */
import type { Runtime } from '../container.js';
import { GrpcClient } from '../grpc.js';
import { type Entry, keyOf } from '../inventory.js';
import { clientNameOf, imageOf, podOf } from '../labels.js';
import { encode, Message } from '../wire.js';
import type { Session } from './session.js';
import type { SourceContext } from './source.js';
import { DOCKER_NAMESPACE } from './state-dirs.js';

const SERVICES = '/containerd.services';
const TOPICS = '/tasks/(create|exit|delete)|/containers/(create|update|delete)|/namespaces/create';
/** Task states in which its first process exists. */
const ALIVE: ReadonlySet<number> = new Set([1, 2, 4, 5]); // created, running, paused, pausing

export async function openContainerd(context: SourceContext, path: string): Promise<Session> {
  const grpc = await GrpcClient.connect(path);
  try {
    const containerd = new Containerd(context, grpc);
    const version = await grpc.call(`${SERVICES}.version.v1.Version/Version`, encode({}));
    // First the events, then the list: what starts in between is seen twice, not never.
    const request = encode({ 1: `topic~=^(${TOPICS})$` });
    const subscribed = grpc.stream(
      `${SERVICES}.events.v1.Events/Subscribe`,
      request,
      (envelope) => containerd.event(new Message(envelope)),
      { unlimited: true },
    );
    return {
      runtime: 'containerd',
      version: new Message(version).text(1) || null,
      listed: containerd.list(),
      closed: Promise.race([grpc.closed, subscribed.catch(() => {})]).then(() => grpc.close()),
      close: () => grpc.close(),
    };
  } catch (error) {
    grpc.close();
    throw error;
  }
}

const metadata = (namespace: string): { metadata: Record<string, string> } => ({
  metadata: { 'containerd-namespace': namespace },
});

class Containerd {
  readonly #context: SourceContext;
  readonly #grpc: GrpcClient;

  constructor(context: SourceContext, grpc: GrpcClient) {
    this.#context = context;
    this.#grpc = grpc;
  }

  /** Makes all containers of all namespaces known, and returns their keys. */
  async list(): Promise<Set<string>> {
    const reply = await this.#grpc.call(`${SERVICES}.namespaces.v1.Namespaces/List`, encode({}));
    const keys = new Set<string>();
    for (const namespace of new Message(reply).messages(1)) {
      for (const key of await this.#listNamespace(namespace.text(1))) keys.add(key);
    }
    return keys;
  }

  event(envelope: Message): void {
    const namespace = envelope.text(2);
    const body = new Message(envelope.message(4).bytes(2));
    const id = body.text(1);
    const { inventory } = this.#context;
    const entry = inventory.get(keyOf(id, namespace));
    switch (envelope.text(3)) {
      case '/containers/create':
      case '/containers/update':
        void this.#get(namespace, id);
        break;
      case '/containers/delete':
        inventory.removed(keyOf(id, namespace));
        break;
      case '/tasks/create':
        void this.#created(namespace, id, body.number(6));
        break;
      case '/tasks/exit':
        // The exit of any process of the container; its first one has the container's id.
        if (entry !== undefined && body.text(2) === id) inventory.ended(entry);
        break;
      case '/tasks/delete':
        if (entry !== undefined) inventory.ended(entry);
        break;
    }
  }

  async #listNamespace(namespace: string): Promise<string[]> {
    const keys: string[] = [];
    // A stream, so that a thousand specifications are never in memory together.
    await this.#grpc.stream(
      `${SERVICES}.containers.v1.Containers/ListStream`,
      encode({}),
      (message) => {
        keys.push(this.#describe(namespace, new Message(message).message(1)).key);
      },
      metadata(namespace),
    );
    const reply = await this.#grpc.call(
      `${SERVICES}.tasks.v1.Tasks/List`,
      encode({}),
      metadata(namespace),
    );
    const alive = new Message(reply).messages(1).filter((task) => ALIVE.has(task.number(4)));
    await Promise.all(
      // containerd fills "id" in lists and "container_id" in events.
      alive.map((task) => this.#attach(namespace, task.text(1) || task.text(2), task.number(3))),
    );
    return keys;
  }

  #describe(namespace: string, container: Message): Entry {
    const labels = container.map(2);
    const k8s = podOf(labels);
    return this.#context.inventory.describe({
      id: container.text(1),
      namespace,
      runtime: runtimeOf(namespace),
      name: clientNameOf(labels) ?? k8s?.container ?? null,
      image: imageOf(labels) ?? (container.text(3) || null),
      k8s,
      managed: true,
    });
  }

  /** Never throws: a container that is gone again needs no description. */
  async #get(namespace: string, id: string): Promise<void> {
    const method = `${SERVICES}.containers.v1.Containers/Get`;
    try {
      const reply = await this.#grpc.call(method, encode({ 1: id }), metadata(namespace));
      this.#describe(namespace, new Message(reply).message(1));
    } catch {}
  }

  async #created(namespace: string, id: string, pid: number): Promise<void> {
    const known = this.#context.inventory.get(keyOf(id, namespace)) !== undefined;
    await Promise.all([this.#attach(namespace, id, pid), known || this.#get(namespace, id)]);
  }

  async #attach(namespace: string, id: string, pid: number): Promise<void> {
    const { inventory, attacher } = this.#context;
    const entry = inventory.describe({ id, namespace, runtime: runtimeOf(namespace) });
    if (entry.process?.pid === pid || pid === 0) return;
    await attacher.attach(entry, { pid, confirm: () => this.#runsAs(namespace, id, pid) });
  }

  async #runsAs(namespace: string, id: string, pid: number): Promise<boolean> {
    const method = `${SERVICES}.tasks.v1.Tasks/Get`;
    const reply = await this.#grpc.call(method, encode({ 1: id }), metadata(namespace));
    const task = new Message(reply).message(1);
    return task.number(3) === pid && ALIVE.has(task.number(4));
  }
}

const runtimeOf = (namespace: string): Runtime =>
  namespace === DOCKER_NAMESPACE ? 'docker' : 'containerd';
