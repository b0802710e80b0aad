import { statSync } from 'node:fs';
import {
  InterfaceMonitor,
  inNetns,
  interfaces,
  type Link,
  type LoadedProgram,
  type NetworkInterface,
} from '@imagesnoop/bpf-core';
import { UsageError } from '../errors.js';
import { adoptClsact, attachClsact, DIRECTIONS, removeLeftOvers } from './clsact.js';
import { isWanted, type NamePatterns, routedInterfaces } from './names.js';

/** An interface that programs were attached to, or taken from. */
export interface AttachedInterface {
  /** Inode number of its network namespace. */
  readonly netns: number;
  readonly index: number;
  readonly name: string;
}

/** What a namespace tells while it is followed. */
export interface NamespaceEvents {
  onAttached(interface_: AttachedInterface): void;
  onNote(text: string): void;
  /** The path no longer leads to the namespace. */
  onGone(path: string): void;
}

export interface AttachPlan {
  readonly kind: 'tcx' | 'clsact';
  readonly ingress: LoadedProgram;
  readonly egress: LoadedProgram;
  readonly patterns: NamePatterns;
}

interface Attachment {
  name: string;
  readonly links: readonly Link[];
}

/** One network namespace: attaches to the interfaces that are wanted, now and as they appear. */
export class Namespace {
  readonly inode: number;
  readonly #path: string;
  readonly #plan: AttachPlan;
  readonly #events: NamespaceEvents;
  readonly #monitor: InterfaceMonitor;
  readonly #attached = new Map<number, Attachment>();
  /** Those that could not be attached, so that each is told once. */
  readonly #refused = new Map<number, unknown>();

  /**
   * @throws UsageError `INTERFACE_NOT_FOUND` when one that is named is not there, before anything is
   *   attached; BpfError
   */
  constructor(path: string, plan: AttachPlan, events: NamespaceEvents) {
    this.#path = path;
    this.#plan = plan;
    this.#events = events;
    this.inode = inodeOf(path) ?? 0;
    this.#monitor = inNetns(path, () => new InterfaceMonitor(() => this.#look()));
  }

  /** Attaches for the first time. */
  begin(): void {
    inNetns(this.#path, () => {
      requireAll(this.#plan.patterns, interfaces());
      this.#update();
    });
    const [refusal] = this.#refused.values();
    if (refusal !== undefined && this.#attached.size === 0) throw refusal;
  }

  /** Attends to it from where another process left off, which has attached to these. */
  resume(held: readonly AttachedInterface[]): void {
    inNetns(this.#path, () => {
      for (const { netns, index, name } of held) {
        if (netns === this.inode) this.#attached.set(index, { name, links: this.#adopt(index) });
      }
      this.#update();
    });
  }

  /** What it has attached stays, and others attend to it: it may be that this process is not root any more. */
  release(): void {
    this.#monitor.close();
    if (this.#plan.kind === 'tcx') return;
    for (const { links } of this.#attached.values()) for (const link of links) link.disown();
  }

  /** Interfaces that programs are attached to. */
  get interfaces(): AttachedInterface[] {
    return Array.from(this.#attached, ([index, { name }]) => ({ netns: this.inode, index, name }));
  }

  /** False once the namespace is no longer what its path leads to. */
  get isThere(): boolean {
    return inodeOf(this.#path) === this.inode;
  }

  close(): void {
    this.#monitor.close();
    for (const index of [...this.#attached.keys()]) this.#forget(index);
  }

  #look(): void {
    try {
      if (this.isThere) inNetns(this.#path, () => this.#update());
    } catch (error) {
      this.#events.onNote(`network namespace ${this.#path}: ${(error as Error).message}`);
    }
  }

  /** The thread is in the namespace. */
  #update(): void {
    const all = interfaces();
    const there = new Set(all.map(({ index }) => index));
    for (const index of [...this.#attached.keys()]) if (!there.has(index)) this.#forget(index);
    for (const index of this.#refused.keys()) if (!there.has(index)) this.#refused.delete(index);
    const routed = routedInterfaces();
    for (const each of all) {
      const known = this.#attached.get(each.index);
      if (known === undefined) this.#consider(each, routed.has(each.name));
      else if (known.name !== each.name) this.#tell(each, known);
    }
  }

  #consider(each: NetworkInterface, routed: boolean): void {
    const { kind, patterns, ingress, egress } = this.#plan;
    if (!(isWanted(patterns, each.name) ?? (each.up && routed))) return;
    if (this.#refused.has(each.index)) return;
    const links: Link[] = [];
    try {
      removeLeftOvers(each.index, ingress.name.slice(0, ingress.name.indexOf('_in_')));
      for (const direction of DIRECTIONS) {
        const program = direction === 'ingress' ? ingress : egress;
        const attach = {
          tcx: program.attachTcx.bind(program),
          clsact: attachClsact.bind(null, program),
        };
        links.push(attach[kind](each.index, direction));
      }
    } catch (error) {
      for (const link of links) closeQuietly(link);
      this.#refused.set(each.index, error);
      this.#events.onNote(`interface ${each.name}: ${(error as Error).message}`);
      return;
    }
    const attachment = { name: each.name, links };
    this.#attached.set(each.index, attachment);
    this.#tell(each, attachment);
  }

  /** Links of tcx stay with the process that made them; an interface that is gone has taken its filters. */
  #adopt(index: number): Link[] {
    const { kind, ingress, egress } = this.#plan;
    if (kind === 'tcx' || !interfaces().some((each) => each.index === index)) return [];
    return [adoptClsact(ingress, index, 'ingress'), adoptClsact(egress, index, 'egress')];
  }

  #tell({ index, name }: NetworkInterface, attachment: Attachment): void {
    attachment.name = name;
    this.#events.onAttached({ netns: this.inode, index, name });
  }

  #forget(index: number): void {
    for (const link of this.#attached.get(index)?.links ?? []) closeQuietly(link);
    this.#attached.delete(index);
  }
}

function requireAll({ exact }: NamePatterns, all: readonly NetworkInterface[]): void {
  const names = all.map(({ name }) => name);
  const missing = exact.find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw new UsageError('INTERFACE_NOT_FOUND', `no network interface is called ${missing}`, {
    hint: `There are: ${names.join(', ')}. A pattern such as ${missing}* waits for one.`,
  });
}

/** The interface may be gone, and its filters with it. */
function closeQuietly(link: Link): void {
  try {
    link.close();
  } catch {
    // Nothing is left to be closed.
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
