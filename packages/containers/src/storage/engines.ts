/** Where the engines say that the files of containers and images are. Read-only questions. */
import { existsSync } from 'node:fs';
import type { ContainerInfo } from '../container.js';
import { GrpcClient } from '../grpc.js';
import { list, object, text } from '../narrow.js';
import type { RuntimeSocket } from '../sockets.js';
import { UnixHttp } from '../unix-http.js';
import { encode, Message } from '../wire.js';
import { type OverlayRoot, overlayOf, withMerged } from './overlay.js';

/** What an engine says of a container's root: where it is, or why that is of no use. */
export type Answer = OverlayRoot | { readonly why: string } | null;

/** One engine, asked about roots. Null is "not mine". */
export interface Engine {
  root(container: ContainerInfo): Promise<Answer>;
  /** Layers of an image, top first. */
  image(reference: string): Promise<readonly string[] | null>;
  close(): void;
}

/** @throws the system's error when nobody listens there */
export async function openEngine({ kind, path }: RuntimeSocket): Promise<Engine | null> {
  if (!existsSync(path)) return null;
  if (kind === 'containerd') return new ContainerdEngine(await GrpcClient.connect(path));
  return kind === 'cri' ? null : new DockerEngine(await UnixHttp.load(path));
}

/** GraphDriver of `docker inspect`, of a container or an image. */
export function graphDriverRoot(inspected: unknown): Answer {
  const driver = object(object(inspected).GraphDriver);
  const { LowerDir, MergedDir, UpperDir, WorkDir } = object(driver.Data);
  const upper = text(UpperDir);
  if (upper !== undefined) {
    const lowers = text(LowerDir)?.split(':') ?? [];
    const [merged = null, work = null] = [text(MergedDir), text(WorkDir)];
    return { merged, upper, work, lowers, attributes: 'trusted' };
  }
  const name = text(driver.Name);
  if (name === undefined) return null;
  // Docker with its images in containerd.
  if (name === 'overlayfs')
    return { why: `its files are kept by containerd (snapshotter ${name})` };
  return { why: `its storage driver is ${name}, not overlay2` };
}

/** Docker and Podman. */
class DockerEngine implements Engine {
  readonly #http: UnixHttp;

  constructor(http: UnixHttp) {
    this.#http = http;
  }

  async root({ id, runtime }: ContainerInfo): Promise<Answer> {
    if (runtime !== 'docker' && runtime !== 'podman') return null;
    const inspected = await this.#ask(`/containers/${encodeURIComponent(id)}/json`);
    return inspected === null ? null : graphDriverRoot(inspected);
  }

  async image(reference: string): Promise<readonly string[] | null> {
    const name = reference.split('/').map(encodeURIComponent).join('/');
    const root = graphDriverRoot(await this.#ask(`/images/${name}/json`));
    if (root === null || 'why' in root) return null;
    return root.upper === null ? root.lowers : [root.upper, ...root.lowers];
  }

  close(): void {
    this.#http.close();
  }

  async #ask(path: string): Promise<unknown> {
    return this.#http.get(path).catch(() => null);
  }
}

const SERVICES = '/containerd.services';

class ContainerdEngine implements Engine {
  readonly #grpc: GrpcClient;

  constructor(grpc: GrpcClient) {
    this.#grpc = grpc;
  }

  async root({ id, namespace, runtime }: ContainerInfo): Promise<Answer> {
    // Docker's containers are in a namespace of their own also where Docker told of them.
    const where = namespace ?? (runtime === 'docker' ? 'moby' : undefined);
    if (where === undefined) return null;
    const found = await this.#ask(where, 'containers.v1.Containers/Get', { 1: id });
    // Docker takes a container away from here when it ends. Where it keeps images here, too, the
    // snapshot stays, which it calls by the container's id.
    if (found === null && runtime !== 'docker') return null;
    const container = found?.message(1);
    const snapshotter = container?.text(6) || 'overlayfs';
    const key = container?.text(7) || id;
    const reply = await this.#ask(where, 'snapshots.v1.Snapshots/Mounts', {
      1: snapshotter,
      2: key,
    });
    const mount = reply?.messages(1).at(-1);
    if (mount === undefined) return null;
    const type = mount.text(1);
    if (type !== 'overlay') return { why: `its snapshotter ${snapshotter} makes ${type} mounts` };
    const root = overlayOf(mount.texts(4));
    return root && withMerged(root);
  }

  async image(): Promise<null> {
    return null; // its layers are mounted for containers only, and mounting would be a change
  }

  close(): void {
    this.#grpc.close();
  }

  /** Null when containerd knows of no such thing. */
  async #ask(namespace: string, method: string, request: object): Promise<Message | null> {
    const metadata = { 'containerd-namespace': namespace };
    const fields = encode(request as Parameters<typeof encode>[0]);
    return this.#grpc.call(`${SERVICES}.${method}`, fields, { metadata }).then(
      (reply) => new Message(reply),
      () => null,
    );
  }
}

/** Containers in what `docker inspect` printed. */
export function inspectedContainers(parsed: unknown): readonly Readonly<Record<string, unknown>>[] {
  const all = Array.isArray(parsed) ? list(parsed) : [parsed];
  return all.map(object).filter(({ Id }) => text(Id) !== undefined);
}
