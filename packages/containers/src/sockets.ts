import { basename, dirname } from 'node:path';
import { DirectoryWatch } from './directory-watch.js';
import { reason } from './errors.js';
import type { Session } from './sources/session.js';
import type { Source, SourceContext } from './sources/source.js';

/** The protocol that is spoken on a socket. */
export type SocketKind = 'docker' | 'podman' | 'containerd' | 'cri';

export interface RuntimeSocket {
  readonly kind: SocketKind;
  /** Absolute path of a Unix socket; it need not exist yet. */
  readonly path: string;
}

/**
 * Where the daemons listen that run as root. Sockets of users' own daemons are left out on
 * purpose: whoever owns one could claim any process for any container.
 */
export const DEFAULT_SOCKETS: readonly RuntimeSocket[] = [
  { kind: 'docker', path: '/run/docker.sock' },
  { kind: 'podman', path: '/run/podman/podman.sock' },
  { kind: 'containerd', path: '/run/containerd/containerd.sock' },
  { kind: 'containerd', path: '/run/docker/containerd/containerd.sock' },
  { kind: 'containerd', path: '/run/k3s/containerd/containerd.sock' },
  { kind: 'containerd', path: '/run/k0s/containerd.sock' },
  { kind: 'containerd', path: '/var/snap/microk8s/common/run/containerd.sock' },
  { kind: 'cri', path: '/run/crio/crio.sock' },
];

/** Variables that the runtimes' own clients take their socket from. */
const VARIABLES: Readonly<Record<string, SocketKind>> = {
  DOCKER_HOST: 'docker', // docker(1)
  CONTAINER_HOST: 'podman', // podman(1)
  CONTAINERD_ADDRESS: 'containerd', // ctr(1)
  CONTAINER_RUNTIME_ENDPOINT: 'cri', // crictl
};

/** The sockets that the environment names, before the usual ones; those of other machines are not. */
export function usualSockets(env: NodeJS.ProcessEnv = process.env): readonly RuntimeSocket[] {
  const named = Object.entries(VARIABLES).flatMap(([variable, kind]) => {
    const path = env[variable]?.replace(/^unix:\/\/(?=\/)/, '');
    return path?.startsWith('/') ? [{ kind, path }] : [];
  });
  const isNamed = ({ path }: RuntimeSocket) => named.some((one) => one.path === path);
  return [...named, ...DEFAULT_SOCKETS.filter((socket) => !isNamed(socket))];
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;

/** Connects; the protocol's code is loaded only now, when a socket to speak it on is there. */
export async function openSession(context: SourceContext, socket: RuntimeSocket): Promise<Session> {
  const { kind, path } = socket;
  if (kind === 'containerd') {
    return (await import('./sources/containerd.js')).openContainerd(context, path);
  }
  if (kind === 'cri') return (await import('./sources/cri.js')).openCri(context, path);
  return (await import('./sources/docker.js')).openDocker(context, path);
}

/** Keeps a session with each runtime whose socket is there, comes, or comes back. */
export class Sockets implements Source {
  readonly ready: Promise<void>;
  readonly #links: Link[];
  readonly #watches: DirectoryWatch[] = [];

  constructor(context: SourceContext, sockets: readonly RuntimeSocket[] = usualSockets()) {
    this.#links = sockets.map((socket) => new Link(context, socket));
    for (const [folder, links] of byFolder(this.#links)) {
      const named = (name: string): Link[] =>
        links.filter((link) => basename(link.socket.path) === name);
      const listener = {
        appeared: (name: string) => named(name).forEach((link) => void link.open()),
        vanished: (name: string) => named(name).forEach((link) => void link.wait()),
      };
      const names = links.map((link) => basename(link.socket.path));
      this.#watches.push(new DirectoryWatch(folder, listener, names));
    }
    this.ready = Promise.all(this.#links.map((link) => link.listed)).then(() => undefined);
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    for (const link of this.#links) link.close();
  }
}

/** One socket: none there, connected, or waiting to try again. */
class Link {
  readonly socket: RuntimeSocket;
  /** Settles when the first list is in, or will not come. */
  listed: Promise<void> = Promise.resolve();
  readonly #context: SourceContext;
  #keys: ReadonlySet<string> = new Set();
  #session: Session | undefined;
  #retry: NodeJS.Timeout | undefined;
  #present = false;
  #opening = false;
  #delay = RETRY_FIRST_MS;
  #closed = false;

  constructor(context: SourceContext, socket: RuntimeSocket) {
    this.#context = context;
    this.socket = socket;
  }

  /** The socket is there. */
  open(): void {
    this.#present = true;
    if (this.#closed || this.#opening || this.#session !== undefined) return;
    clearTimeout(this.#retry);
    this.#opening = true;
    this.listed = this.#connect().finally(() => {
      this.#opening = false;
    });
  }

  /** The socket is gone: nothing to try until it is back. */
  wait(): void {
    this.#present = false;
    clearTimeout(this.#retry);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#session?.close();
  }

  async #connect(): Promise<void> {
    const { kind, path } = this.socket;
    try {
      const session = await openSession(this.#context, this.socket);
      if (this.#closed) return session.close();
      this.#session = session;
      void session.closed.then(() => this.#lost());
      const keys = await session.listed;
      this.#delay = RETRY_FIRST_MS;
      // Removed while we were not connected.
      for (const key of this.#keys) if (!keys.has(key)) this.#context.inventory.removed(key);
      this.#keys = keys;
    } catch (error) {
      this.#context.note(`${kind} on ${path}: ${reason(error)}`);
      if (this.#session === undefined) this.#retryLater();
      else this.#session.close();
    }
  }

  #lost(): void {
    this.#session = undefined;
    if (!this.#closed)
      this.#context.note(`${this.socket.kind} on ${this.socket.path}: connection lost`);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed || !this.#present) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), this.#delay).unref();
    this.#delay = Math.min(2 * this.#delay, RETRY_MOST_MS);
  }
}

function byFolder(links: readonly Link[]): Map<string, Link[]> {
  const folders = new Map<string, Link[]>();
  for (const link of links) {
    const folder = dirname(link.socket.path);
    folders.set(folder, [...(folders.get(folder) ?? []), link]);
  }
  return folders;
}
