import { statSync } from 'node:fs';
import { LoadedProgram } from '@imagesnoop/bpf-core';
import { UsageError } from '../errors.js';
import { lacking } from '../refusal.js';
import { parsePatterns } from './names.js';
import {
  type AttachedInterface,
  type AttachPlan,
  Namespace,
  type NamespaceEvents,
} from './namespace.js';

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

/** Attaches to interfaces of some network namespaces and follows them. Needs root until `release()`. */
export class InterfaceAttacher {
  readonly #plan: AttachPlan;
  readonly #events: NamespaceEvents;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #timer: NodeJS.Timeout;
  #released = false;

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
    this.#follow(
      paths,
      (namespace) => namespace.begin(),
      (error) => {
        throw error;
      },
    );
  }

  /** Follows namespaces of which another process has attached to some interfaces and released them. */
  resume(paths: readonly string[], held: readonly AttachedInterface[]): void {
    this.#followLater(paths, (namespace) => namespace.resume(held));
  }

  /** Makes these the namespaces that are followed; what may be gone again is a note. */
  follow(paths: readonly string[]): void {
    this.#followLater(paths, (namespace) => namespace.begin());
  }

  /** Interfaces that programs are attached to. */
  get interfaces(): AttachedInterface[] {
    return [...this.#namespaces.values()].flatMap((each) => each.interfaces);
  }

  /**
   * Keeps what is attached, and attends to changes no longer: another process does (`resume()`), and this
   * one may give root up. From here on `follow()` only detaches from namespaces that are not wanted.
   */
  release(): void {
    this.#released = true;
    clearInterval(this.#timer);
    for (const namespace of this.#namespaces.values()) namespace.release();
  }

  #followLater(paths: readonly string[], start: (namespace: Namespace) => void): void {
    this.#follow(paths, start, (error) => this.#events.onNote((error as Error).message));
  }

  #follow(
    paths: readonly string[],
    start: (namespace: Namespace) => void,
    onError: (error: unknown) => void,
  ): void {
    for (const [path, namespace] of this.#namespaces) {
      if (!paths.includes(path)) this.#drop(path, namespace);
    }
    if (this.#released) return;
    const inodes = new Set([...this.#namespaces.values()].map(({ inode }) => inode));
    for (const path of paths) {
      if (this.#namespaces.has(path)) continue;
      try {
        this.#add(path, inodes, start);
      } catch (error) {
        onError(error);
      }
    }
  }

  #add(path: string, inodes: Set<number>, start: (namespace: Namespace) => void): void {
    requireNamespace(path);
    const namespace = new Namespace(path, this.#plan, this.#events);
    // Containers of one pod share theirs.
    if (inodes.has(namespace.inode)) {
      namespace.close();
      return;
    }
    inodes.add(namespace.inode);
    this.#namespaces.set(path, namespace);
    start(namespace);
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
      if (namespace.isThere) continue;
      this.#drop(path, namespace);
      this.#events.onGone(path);
    }
  }

  #drop(path: string, namespace: Namespace): void {
    this.#namespaces.delete(path);
    namespace.close();
  }
}

function requireNamespace(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  } catch (cause) {
    // Whose process it is may not be looked at.
    throw lacking(`opening ${path}`, ['CAP_SYS_PTRACE'], cause);
  }
  throw new UsageError('NETNS_NOT_FOUND', `there is no network namespace at ${path}`, {
    hint: 'Give the name of one that `ip netns` lists, or the id of a running process.',
  });
}
