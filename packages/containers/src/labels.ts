import type { Pod } from './container.js';

/** Labels or annotations of a container, from any runtime. */
export type Labels = Readonly<Record<string, string>>;

/**
 * The same three facts under the names that different writers give them: kubelet's labels (seen
 * in Docker, containerd and CRI-O), containerd's OCI annotations, CRI-O's OCI annotations.
 */
const NAMESPACE = ['io.kubernetes.pod.namespace', 'io.kubernetes.cri.sandbox-namespace'];
const POD = ['io.kubernetes.pod.name', 'io.kubernetes.cri.sandbox-name'];
const CONTAINER = ['io.kubernetes.container.name', 'io.kubernetes.cri.container-name'];
const IMAGE = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'];
const NAME = ['nerdctl/name'];

const first = (labels: Labels, keys: readonly string[]): string | null => {
  for (const key of keys) {
    const value = labels[key];
    if (value) return value;
  }
  return null;
};

/** Docker's shim for Kubernetes calls the sandbox "POD"; it is not a container of the pod. */
const SANDBOX_NAME = 'POD';

/** The pod that the labels tell of, or null when they do not name one in full. */
export function podOf(labels: Labels): Pod | null {
  const namespace = first(labels, NAMESPACE);
  const pod = first(labels, POD);
  if (namespace === null || pod === null) return null;
  const container = first(labels, CONTAINER);
  return { namespace, pod, container: container === SANDBOX_NAME ? null : container };
}

/** The image as annotations name it, or null. */
export const imageOf = (labels: Labels): string | null => first(labels, IMAGE);

/** The name that a client such as nerdctl gave the container, or null. */
export const clientNameOf = (labels: Labels): string | null => first(labels, NAME);
