// The cluster as Kubernetes' own API server tells it, where one was built. It needs nothing of the
// kernel, but some seconds and memory, so it is not among the unit tests.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KubernetesServer, lacksKubernetes } from '../../../tools/kubernetes/server.js';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { runTool } from '../../../tools/testing/tool.js';

/** More than a page of the server's lists. */
const PODS = 607;

let server: KubernetesServer;
beforeEach((context) => requireKernel(context, lacksKubernetes()));
beforeAll(async () => {
  if (lacksKubernetes() !== null) return;
  server = await KubernetesServer.start();
  for (const [index, name] of ['one', 'two'].entries()) {
    await server.write('POST', '/api/v1/nodes', {
      metadata: { name },
      status: {
        addresses: [
          { type: 'Hostname', address: name },
          { type: 'InternalIP', address: `192.0.2.${index + 1}` },
        ],
      },
    });
  }
  await server.write('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
  for (let from = 0; from < PODS; from += 20) {
    const indices = Array.from({ length: Math.min(20, PODS - from) }, (_, i) => from + i);
    await Promise.all(indices.map(makePod));
  }
});
afterAll(() => server?.stop());

/** Each third one is on node two, each tenth has ended, each hundredth was not started. */
async function makePod(index: number): Promise<void> {
  const pods = '/api/v1/namespaces/shop/pods';
  const name = `pod-${index}`;
  await server.write('POST', pods, {
    metadata: { name },
    spec: {
      nodeName: index % 3 === 0 ? 'two' : 'one',
      containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'hush' }] }],
    },
  });
  if (index % 100 === 99) return;
  const state =
    index % 10 === 9
      ? { terminated: { exitCode: 0, containerID: `containerd://id${index}` } }
      : { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const status = { name: 'c', image: 'i', imageID: 'i', ready: true, restartCount: 0, state };
  const body = { containerStatuses: [{ ...status, containerID: `containerd://id${index}` }] };
  await server.write('PATCH', `${pods}/${name}/status`, { status: body });
}

const list = (user: Parameters<KubernetesServer['kubeconfig']>[0], ...args: string[]) =>
  runTool('sneakpeek', ['get_all_containers', ...args], {
    env: { KUBECONFIG: server.kubeconfig(user) },
  });

test('every container that runs, over several pages of a real list', async () => {
  const { stdout, stderr, code } = await list('administrator');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const expected = Array.from({ length: PODS }, (_, index) => index)
    .filter((index) => index % 10 !== 9)
    .map((index) => `192.0.2.${index % 3 === 0 ? 2 : 1},id${index}`);
  expect(stdout.trim().split('\n').sort()).toEqual(expected.sort());
});

test('pods can be left out', async () => {
  const { stdout } = await list('administrator', '-e', 'pod-0,pod-1');
  const lines = stdout.trim().split('\n');
  expect(lines).not.toContain('192.0.2.2,id0');
  expect(lines).toContain('192.0.2.1,id2');
});

test('who may not list is told so by the server', async () => {
  const { stderr, code } = await list('nobody');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /status 403, (?:nodes|pods) is forbidden: User "nobody" cannot list resource/,
  );
  expect((await list('stranger')).stderr).toMatch(/status 401, Unauthorized/);
});
