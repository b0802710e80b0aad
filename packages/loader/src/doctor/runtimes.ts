// Which container runtimes are here, by their sockets. The containers package knows much more; the
// doctor only says whether there is somebody to ask.
import { statSync } from 'node:fs';
import { connect } from 'node:net';

export interface RuntimeSocket {
  readonly runtime: string;
  readonly socket: string;
  /** Does somebody accept connections from this user? */
  readonly answers: boolean;
}

const SOCKETS: readonly (readonly [runtime: string, socket: string])[] = [
  ['docker', '/run/docker.sock'],
  ['containerd', '/run/containerd/containerd.sock'],
  ['containerd (k3s)', '/run/k3s/containerd/containerd.sock'],
  ['containerd (microk8s)', '/var/snap/microk8s/common/run/containerd.sock'],
  ['cri-o', '/run/crio/crio.sock'],
  ['podman', '/run/podman/podman.sock'],
];

const TIMEOUT_MS = 500;

export async function findRuntimes(): Promise<RuntimeSocket[]> {
  const present = SOCKETS.filter(([, socket]) => isSocket(socket));
  return Promise.all(
    present.map(async ([runtime, socket]) => ({ runtime, socket, answers: await answers(socket) })),
  );
}

/** A folder that this user may not look into counts as one that has it: only runtimes make them. */
function isSocket(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
  } catch {
    return true;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect({ path, timeout: TIMEOUT_MS });
    const end = (result: boolean): void => {
      connection.destroy();
      resolve(result);
    };
    connection.once('connect', () => end(true));
    connection.once('timeout', () => end(false));
    connection.once('error', () => end(false));
  });
}
