// Pods that are clients of the socket: the calls of those that are named, whole, and no others.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { kubelet, type TestKubelet } from '../../containers/test/runtimes/kubelet.js';
import { missing, startContainerd, type TestContainerd } from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? missing('containerd', 'ctr', 'runc');
const LISTED = '/containerd.services.namespaces.v1.Namespaces/List';

let daemon: TestContainerd;
let node: TestKubelet;
/** Of the container of each pod, by `namespace/name`. */
const containers = new Map<string, string>();

beforeAll(async () => {
  if (lack !== null) return;
  daemon = await startContainerd({ cri: true });
  node = await kubelet(daemon.socket, daemon.image);
  for (const [namespace, name] of [
    ['shop', 'front'],
    ['shop', 'back'],
    ['bank', 'front-desk'],
  ] as const) {
    const pod = await node.pod(namespace, name);
    containers.set(`${namespace}/${name}`, await pod.run('main', { '/host': '/' }));
  }
});
afterAll(async () => {
  node?.close();
  await daemon?.stop();
});
beforeEach((context) => requireKernel(context, lack));

/** Which pods' calls are shown while each makes one. */
async function shown(...options: string[]): Promise<string[]> {
  const args = ['-a', daemon.socket, '--no-file', '-o', 'json', ...options];
  const tool = await startTool('containerdsnoop', args, {
    env: { CONTAINERD_ADDRESS: daemon.socket },
  });
  for (const container of containers.values()) {
    const ctr = ['/usr/bin/ctr', '-a', daemon.socket, 'namespaces', 'ls', '-q'];
    const said = await node.exec(container, ['/bin/busybox', 'chroot', '/host', ...ctr]);
    expect(said).toContain('k8s.io');
  }
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  const rows = rowsOf(stdout).filter(({ method }) => method === LISTED);
  const asked = rows.filter(({ type }) => type === 'request');
  expect(rows).toHaveLength(2 * asked.length);
  return asked.map(({ k8s }) => {
    const { namespace, pod } = k8s as { namespace: string; pod: string };
    return `${namespace}/${pod}`;
  });
}

test.each([
  [['--pod', 'front'], ['shop/front']],
  [
    ['--pod', 'front,back'],
    ['shop/front', 'shop/back'],
  ],
  [
    ['--namespace', 'shop'],
    ['shop/front', 'shop/back'],
  ],
  [['--namespace', 'shop', '--pod', '!back'], ['shop/front']],
  [
    ['--pod', '!front'],
    ['shop/back', 'bank/front-desk'],
  ],
  [[], ['shop/front', 'shop/back', 'bank/front-desk']],
])('%j', async (options, pods) => {
  expect(await shown(...options)).toEqual(pods);
});
