import { existsSync } from 'node:fs';
import { LoadedProgram } from '@imagesnoop/bpf-core';
import { UsageError } from '../errors.js';
import { parsePatterns } from './names.js';
import { type AttachPlan, Namespace, type NamespaceEvents } from './namespace.js';

/** What is attached where. Plain data: it may travel to another process. */
export interface InterfacePlan {
  readonly kind: 'tcx' | 'clsact';
  /** The kernel's ids of the two programs. Names begin alike and go on with `_in_` and `_out_`. */
  readonly ingress: number;
  readonly egress: number;
  /** `eth0`, `veth*`, `!docker0`; none: those that are up and carry a route, as they appear. */
  readonly names: readonly string[];
}

/** A namespace has no event that tells its end, and we must not keep it alive. */
const LOOK_MS = 1000;

/** Attaches to interfaces of some network namespaces and follows them. Needs root all the time. */
export class InterfaceAttacher {
  readonly #plan: AttachPlan;
  readonly #events: NamespaceEvents;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #timer: NodeJS.Timeout;

  /** @throws BpfError BPF_NO_SUCH_PROGRAM */
  constructor({ kind, ingress, egress, names }: InterfacePlan, events: NamespaceEvents) {
    const patterns = parsePatterns(names);
    const open = { ingress: new LoadedProgram(ingress), egress: new LoadedProgram(egress) };
    this.#plan = { kind, patterns, ...open };
    this.#events = events;
    this.#timer = setInterval(() => this.#dropTheGone(), LOOK_MS).unref();
  }

  /**
   * The namespaces to begin with: all that is named has to be there.
   *
   * @param paths such as /proc/self/ns/net, /run/netns/NAME, /proc/PID/ns/net
   * @throws UsageError `NETNS_NOT_FOUND`, `INTERFACE_NOT_FOUND`; BpfError
   */
  begin(paths: readonly string[]): void {
    this.#follow(paths, (error) => {
      throw error;
    });
  }

  /** Makes these the namespaces that are followed; what may be gone again is a note. */
  follow(paths: readonly string[]): void {
    this.#follow(paths, (error) => this.#events.onNote((error as Error).message));
  }

  #follow(paths: readonly string[], onError: (error: unknown) => void): void {
    for (const [path, namespace] of this.#namespaces) {
      if (!paths.includes(path)) this.#drop(path, namespace);
    }
    const inodes = new Set([...this.#namespaces.values()].map(({ inode }) => inode));
    for (const path of paths) {
      if (this.#namespaces.has(path)) continue;
      try {
        this.#add(path, inodes);
      } catch (error) {
        onError(error);
      }
    }
  }

  #add(path: string, inodes: Set<number>): void {
    if (!existsSync(path)) {
      throw new UsageError('NETNS_NOT_FOUND', `there is no network namespace at ${path}`, {
        hint: 'Give the name of one that `ip netns` lists, or the id of a running process.',
      });
    }
    const namespace = new Namespace(path, this.#plan, this.#events);
    // Containers of one pod share theirs.
    if (inodes.has(namespace.inode)) {
      namespace.close();
      return;
    }
    inodes.add(namespace.inode);
    this.#namespaces.set(path, namespace);
    namespace.begin();
  }

  /** Detaches everything. Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    for (const [path, namespace] of this.#namespaces) this.#drop(path, namespace);
    this.#plan.ingress.close();
    this.#plan.egress.close();
  }

  #dropTheGone(): void {
    for (const [path, namespace] of this.#namespaces) {
      if (!namespace.isThere) this.#drop(path, namespace);
    }
  }

  #drop(path: string, namespace: Namespace): void {
    this.#namespaces.delete(path);
    namespace.close();
  }
}
