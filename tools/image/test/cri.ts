/** The pod of a DaemonSet, run by a container runtime as kubelet would have it run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrpcClient } from '../../../packages/containers/src/grpc.js';
import { encode, Message } from '../../../packages/containers/src/wire.js';
import type { Manifest } from './manifests.js';

const SERVICE = '/runtime.v1.RuntimeService';
/** NamespaceMode: the node's own. */
const NODE = 2;
const POD = 0;
const MIB = 2 ** 20;

export interface Extra {
  /** Sockets and the like at the same path inside. */
  readonly mounts?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly node: string;
  /** A folder for its log. */
  readonly folder: string;
}

export interface CriPod {
  /** What it has written until now: JSON, or what it said on stderr. */
  lines(): Promise<string[]>;
  remove(): Promise<void>;
}

/**
 * @param image as the runtime knows it
 * @param manifest a DaemonSet, whose first container is run; of the downward API only the node's name
 */
export async function runDaemon(
  socket: string,
  image: string,
  { metadata, spec }: Manifest,
  extra: Extra,
): Promise<CriPod> {
  const grpc = await GrpcClient.connect(socket);
  const call = async (method: string, request: Uint8Array): Promise<Message> =>
    new Message(await grpc.call(`${SERVICE}/${method}`, request));
  const { hostPID, containers, volumes } = spec.template.spec;
  const [container] = containers;
  // The network is the node's, so that no plugin for it is needed.
  const namespaces = encode({ 1: NODE, 2: hostPID ? NODE : POD });
  const labels = {
    'io.kubernetes.pod.name': metadata.name,
    'io.kubernetes.pod.namespace': 'imagesnoop',
  };
  const sandbox = encode({
    1: encode({ 1: metadata.name, 2: `uid-of-${metadata.name}`, 3: 'imagesnoop' }),
    3: extra.folder,
    6: pairs(labels),
    8: encode({ 2: encode({ 1: namespaces }) }),
  });
  const { securityContext: security } = container;
  const { add, drop } = security.capabilities;
  const linux = encode({
    1: encode({ 4: mebibytes(container.resources.limits.memory) * MIB }),
    2: encode({
      1: encode({ 1: [...add], 2: [...drop] }),
      3: namespaces,
      5: encode({ 1: security.runAsUser }),
      7: security.readOnlyRootFilesystem,
      11: !security.allowPrivilegeEscalation,
      15: encode({ 1: ['RuntimeDefault', 'Unconfined'].indexOf(security.seccompProfile.type) }),
    }),
  });
  const env = container.env.map(({ name, value }) => [name, value ?? extra.node] as const);
  const own = container.volumeMounts.map(({ name, mountPath, readOnly }) => {
    const from = volumes.find((volume) => volume.name === name)?.hostPath.path;
    if (from === undefined) throw new Error(`there is no volume ${name}`);
    return encode({ 1: mountPath, 2: from, 3: readOnly });
  });
  const config = encode({
    1: encode({ 1: container.name }),
    2: encode({ 1: image }),
    4: [...container.args, ...(extra.args ?? [])],
    6: pairs({ ...Object.fromEntries(env), ...extra.env }),
    7: [...own, ...(extra.mounts ?? []).map((path) => encode({ 1: path, 2: path }))],
    9: pairs({ ...labels, 'io.kubernetes.container.name': container.name }),
    11: 'log',
    15: linux,
  });
  const id = (await call('RunPodSandbox', encode({ 1: sandbox }))).text(1);
  const created = await call('CreateContainer', encode({ 1: id, 2: config, 3: sandbox }));
  await call('StartContainer', encode({ 1: created.text(1) }));
  return {
    lines: async () => {
      const text = await readFile(join(extra.folder, 'log'), 'utf8').catch(() => '');
      // Time, stream and F or P stand in front of each line.
      return text.split('\n').map((line) => line.replace(/^\S+ \S+ \S+ /, ''));
    },
    remove: async () => {
      await call('StopPodSandbox', encode({ 1: id }));
      await call('RemovePodSandbox', encode({ 1: id }));
      grpc.close();
    },
  };
}

const pairs = (entries: Readonly<Record<string, string>>): Uint8Array[] =>
  Object.entries(entries).map(([key, value]) => encode({ 1: key, 2: value }));

function mebibytes(quantity: string): number {
  const count = /^(\d+)Mi$/.exec(quantity)?.[1];
  if (count === undefined) throw new Error(`${quantity} is no number of Mi`);
  return Number(count);
}
