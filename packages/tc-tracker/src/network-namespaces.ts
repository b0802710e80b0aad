import { existsSync } from 'node:fs';
import type { Containers, Selection } from '@imagesnoop/containers';
import type { ContainerDirectory, ContainerSelection } from '@imagesnoop/loader';

export const OWN_NAMESPACE = '/proc/self/ns/net';

/** Where `ip netns` keeps the namespaces that have names. */
const NAMED = '/run/netns';

/** The paths of namespaces by name or by the id of a process in them. */
export function pathsOf(given: readonly string[]): string[] {
  return given.map((each) => {
    const named = `${NAMED}/${each}`;
    return /^[0-9]+$/.test(each) && !existsSync(named) ? `/proc/${each}/ns/net` : named;
  });
}

/** Containers that are selected by name, and the network namespaces of their processes. */
export class ContainerNamespaces implements ContainerDirectory {
  readonly containers: Containers;
  #selection: Selection | undefined;
  /** Called when the set of containers has changed. */
  onChange: () => void = () => {};

  constructor(containers: Containers) {
    this.containers = containers;
  }

  get ready(): Promise<void> {
    return this.containers.ready;
  }

  async select(
    selector: Parameters<Containers['select']>[0],
    { wait, onChange }: { wait?: boolean; onChange?: () => void },
  ): Promise<ContainerSelection> {
    this.#selection = await this.containers.select(selector, {
      wait: wait === true,
      onChange: () => {
        onChange?.();
        this.onChange();
      },
    });
    return this.#selection;
  }

  /** Undefined when containers do not decide where to look. */
  get paths(): string[] | undefined {
    if (this.#selection?.mode !== 'include') return undefined;
    const pids = this.#selection.containers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    return pids.map((pid) => `/proc/${pid}/ns/net`);
  }

  notes(): readonly string[] {
    return this.containers.notes();
  }

  close(): void {
    this.containers.close();
  }
}
