/** Who runs a container. `cri` is a runtime known only through the Kubernetes interface (CRI-O). */
export type Runtime = 'docker' | 'podman' | 'cri' | 'containerd' | 'runc' | 'unknown';

/** The place of a container in Kubernetes. */
export interface Pod {
  readonly namespace: string;
  readonly pod: string;
  /** Null for the pod's own sandbox ("pause"), which is no container of the pod's specification. */
  readonly container: string | null;
}

/**
 * One container. A member is null when it is not known; nothing here is guessed.
 * Objects are replaced, never changed: holding one is safe, and so is comparing by identity.
 */
export interface ContainerInfo {
  /** The whole id; 64 hexadecimal digits, or the name its user gave it (runc, `ctr run`). */
  readonly id: string;
  /** Docker's or Podman's name, the container's name in its pod, or a self-chosen id. */
  readonly name: string | null;
  /** As the runtime shows it, e.g. `docker.io/library/nginx:1.27`. */
  readonly image: string | null;
  readonly runtime: Runtime;
  /** containerd's namespace (`moby`, `k8s.io`, `default`, ...). */
  readonly namespace?: string;
  readonly k8s: Pod | null;
  /** Its first process in the host's pid namespace; null while it does not run. */
  readonly pid: number | null;
  /** Inode number of its mount namespace, as in events; null while not known. */
  readonly mntns: number | null;
  /** Its cgroup in the v2 hierarchy; null where it has none of its own. */
  readonly cgroupId: bigint | null;
}

/** The JSON values of the event fields `container` and `k8s`, ready to be copied into a line. */
export interface ContainerJson {
  readonly container: Uint8Array;
  readonly k8s: Uint8Array;
}

const encoder = new TextEncoder();

/** The JSON of a process that belongs to no container, or to none that is known. */
export const NO_CONTAINER: ContainerJson = {
  container: encoder.encode('null'),
  k8s: encoder.encode('null'),
};

/** JSON.stringify escapes control characters and lone surrogates, so the bytes are valid UTF-8. */
export function renderJson({ id, name, image, runtime, k8s }: ContainerInfo): ContainerJson {
  return {
    container: encoder.encode(JSON.stringify({ id, name, image, runtime })),
    k8s:
      k8s === null
        ? NO_CONTAINER.k8s
        : encoder.encode(
            JSON.stringify({ namespace: k8s.namespace, pod: k8s.pod, container: k8s.container }),
          ),
  };
}

const RUNTIME_ID = /^[0-9a-f]{64}$/;

/** True for ids that a runtime draws at random; others were chosen by somebody, like a name. */
export const isRandomId = (id: string): boolean => RUNTIME_ID.test(id);
