/** The calls by which kubelet makes pods, spoken to a runtime's CRI socket. */
import { GrpcClient } from '../../src/grpc.js';
import { encode, Message, type Value } from '../../src/wire.js';

const SERVICE = '/runtime.v1.RuntimeService';
/** NamespaceMode: the pod uses the host's network, so that no CNI plugin is needed. */
const NODE = 2;

const map = (entries: Readonly<Record<string, string>>): Value =>
  Object.entries(entries).map(([key, value]) => encode({ 1: key, 2: value }));

export interface TestPod {
  /** The sandbox's id. */
  readonly id: string;
  /**
   * Makes and starts a container; returns its id.
   *
   * @param mounts where what of the host is seen in it, for reading
   */
  run(name: string, mounts?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

export interface TestKubelet {
  pod(namespace: string, name: string): Promise<TestPod>;
  /** Runs a program in a container to its end; its output. */
  exec(container: string, command: readonly string[]): Promise<string>;
  close(): void;
}

export async function kubelet(socket: string, image: string): Promise<TestKubelet> {
  const grpc = await GrpcClient.connect(socket);
  const call = async (method: string, request: Uint8Array): Promise<Message> =>
    new Message(await grpc.call(`${SERVICE}/${method}`, request, { unlimited: true }));

  const pod = async (namespace: string, name: string): Promise<TestPod> => {
    const labels = { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace };
    const security = encode({ 1: encode({ 1: NODE }) });
    const sandbox = encode({
      1: encode({ 1: name, 2: `uid-of-${name}`, 3: namespace }),
      6: map(labels),
      8: encode({ 2: security }),
    });
    const id = (await call('RunPodSandbox', encode({ 1: sandbox }))).text(1);
    return {
      id,
      run: async (container, mounts = {}) => {
        const config = encode({
          1: encode({ 1: container }),
          2: encode({ 1: image }),
          7: Object.entries(mounts).map(([to, from]) => encode({ 1: to, 2: from, 3: 1 })),
          9: map({ ...labels, 'io.kubernetes.container.name': container }),
          15: encode({ 2: encode({ 3: encode({ 1: NODE }) }) }),
        });
        const created = await call('CreateContainer', encode({ 1: id, 2: config, 3: sandbox }));
        const containerId = created.text(1);
        await call('StartContainer', encode({ 1: containerId }));
        return containerId;
      },
      remove: async () => {
        await call('StopPodSandbox', encode({ 1: id }));
        await call('RemovePodSandbox', encode({ 1: id }));
      },
    };
  };
  return {
    pod,
    exec: async (container, command) => {
      const done = await call('ExecSync', encode({ 1: container, 2: [...command] }));
      return done.text(1);
    },
    close: () => grpc.close(),
  };
}
