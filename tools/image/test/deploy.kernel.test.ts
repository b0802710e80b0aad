// deploy/: rendered, known to the API, in agreement with tools/image/needs.mjs, and run by containerd as
// kubelet would have it run.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { kubelet } from '../../../packages/containers/test/runtimes/kubelet.js';
import { run } from '../../../packages/containers/test/runtimes/process.js';
import { missing, startContainerd } from '../../../packages/containers/test/runtimes.js';
import { KubernetesServer, lacksKubernetes } from '../../kubernetes/server.js';
import { ROOT } from '../../setup/paths.mjs';
import { lacksBtf, lacksRoot, requireKernel } from '../../testing/kernel.js';
import { CAPABILITIES, MOUNTS } from '../needs.mjs';
import { runDaemon } from './cri.js';
import { imageFile } from './engine.js';
import { known, type Manifest, rendered } from './manifests.js';

const TOOLS = readdirSync(join(ROOT, 'deploy', 'tools'));
const all = TOOLS.map((tool) => [tool, `tools/${tool}`] as const);

test('there is one for each tracer', () => {
  expect(TOOLS.sort()).toEqual(Object.keys(CAPABILITIES).sort());
});

test('the documentation has the same table', () => {
  const text = readFileSync(join(ROOT, 'docs', 'container.md'), 'utf8');
  const rows = /<!-- capabilities -->\n([\s\S]*?)<!-- \/capabilities -->/.exec(text)?.[1] ?? '';
  const told = [...rows.matchAll(/^\| (.*) \| ([A-Z_ ]+) \|$/gm)].flatMap(
    ([, tools = '', names = '']) => tools.split(', ').map((tool) => [tool, names.split(' ')]),
  );
  expect(Object.fromEntries(told)).toEqual(CAPABILITIES);
  for (const path of MOUNTS) expect(text).toContain(`-v ${path}:${path}:ro`);
});

test.each([...all, ['the example', 'example'] as const])(
  '%s has only what the API knows',
  (_, folder) => {
    for (const manifest of rendered(folder)) expect(known(manifest)).toEqual(manifest);
  },
);

test('what the API does not know is noticed', () => {
  const [manifest] = rendered('tools/tcpconnect') as [Manifest];
  const { template } = manifest.spec;
  const misspelt = { ...template.spec, hostPid: true };
  const wrong = {
    ...manifest,
    spec: { ...manifest.spec, template: { ...template, spec: misspelt } },
  };
  expect(known(wrong)).toEqual(manifest);
});

test.each(all)('%s asks for what it needs and nothing else', (tool, folder) => {
  const [{ metadata, spec }, ...others] = rendered(folder) as [Manifest];
  expect(others).toEqual([]);
  expect(metadata.name).toBe(`imagesnoop-${tool}`);
  const { hostPID, containers, volumes } = spec.template.spec;
  const [{ args, securityContext, volumeMounts }] = containers;
  expect(hostPID).toBe(true);
  expect(args[0]).toBe(tool);
  expect(securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    capabilities: { add: CAPABILITIES[tool as keyof typeof CAPABILITIES], drop: ['ALL'] },
  });
  expect(volumes.map(({ hostPath }) => hostPath.path)).toEqual(MOUNTS);
  expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(MOUNTS);
  for (const { readOnly } of volumeMounts) expect(readOnly).toBe(true);
});

test('a real API server would take them', async (context) => {
  requireKernel(context, lacksKubernetes());
  const server = await KubernetesServer.start();
  try {
    const path = '/apis/apps/v1/namespaces/default/daemonsets?dryRun=All';
    const post = (body: object) => server.write('POST', path, body);
    const daemons = all.flatMap(([, folder]) => rendered(folder));
    for (const daemon of daemons) await post(daemon);
    const [{ spec, ...rest }] = daemons as [Manifest];
    await expect(post({ ...rest, spec: { template: spec.template } })).rejects.toThrow(
      / 422 .*selector/,
    );
  } finally {
    await server.stop();
  }
});

test('components add to the arguments of each tool', () => {
  const daemons = rendered('example').filter(({ kind }) => kind === 'DaemonSet');
  const [first, second] = daemons.map(({ spec }) => spec.template.spec.containers[0]);
  expect(first?.args).toEqual(['execsnoop', '--output=json', '--prometheus=0.0.0.0:9464']);
  expect(second?.args[0]).toBe('tcpconnect');
  expect(first?.image).toBe('registry.example/imagesnoop:1');
});

test('containerd runs the pod, which tells of other pods of its node', async (context) => {
  const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'runc');
  requireKernel(context, lack ?? (existsSync('/usr/bin/buildah') ? null : 'needs buildah'));
  const image = await imageFile();
  const runtime = await startContainerd({ cri: true });
  const folder = await mkdtemp(join(tmpdir(), 'imagesnoop-pod-'));
  try {
    await run('ctr', ['-a', runtime.socket, '-n', 'k8s.io', 'images', 'import', image.path]);
    const [manifest] = rendered('tools/execsnoop') as [Manifest];
    const pod = await runDaemon(runtime.socket, 'docker.io/library/imagesnoop:test', manifest, {
      folder,
      node: 'node-1',
      mounts: [runtime.socket],
      env: { CONTAINERD_ADDRESS: runtime.socket },
      args: ['--wait', '--namespace=shop'],
    });
    while (!(await pod.lines()).some((line) => line.includes('tracing'))) await delay(50);
    const nodes = await kubelet(runtime.socket, runtime.image);
    const web = await nodes.pod('shop', 'web');
    await web.run('main');
    const events = async () =>
      (await pod.lines()).filter((line) => line.startsWith('{"type":"exec"'));
    while ((await events()).length === 0) await delay(50);
    expect(JSON.parse((await events())[0] as string)).toMatchObject({
      type: 'exec',
      node: 'node-1',
      k8s: { namespace: 'shop', pod: 'web' },
      container: { runtime: 'containerd', image: runtime.image },
    });
    await web.remove();
    nodes.close();
    await pod.remove();
  } finally {
    await runtime.stop();
    for (const path of [folder, image.folder]) await rm(path, { recursive: true });
  }
});
