import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../../tools/testing/tool.js';

// A stand-in for an API server, since Kubernetes' own takes minutes to build (cluster.kernel.test.ts
// talks to that one): it speaks TLS with a certificate of its own authority, wants the token, and pages
// its lists, two a page.
const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-kube-'));
const paths: string[] = [];
let server: Server;
let kubeconfig: string;

const node = (name: string, address: string) => ({
  metadata: { name },
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address },
    ],
  },
});
const pod = (name: string, nodeName: string, ids: readonly string[], state = { running: {} }) => ({
  metadata: { name, namespace: 'shop' },
  spec: { nodeName, containers: [{ name: 'c', env: [{ name: 'SECRET', value: 'hush' }] }] },
  status: {
    containerStatuses: ids.map((id) => ({ name: 'c', containerID: `containerd://${id}`, state })),
  },
});
const ITEMS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/nodes': [node('one', '192.0.2.1'), node('two', '192.0.2.2')],
  '/api/v1/pods': [
    pod('web', 'one', ['aaa', 'bbb']),
    pod('db', 'two', ['ccc']),
    pod('job', 'two', ['ddd'], { terminated: {} } as never),
    { metadata: { name: 'pending', namespace: 'shop' }, spec: {}, status: {} },
  ],
};

beforeAll(async () => {
  const openssl = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=kube',
  ];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(dir, 'key'), '-out', join(dir, 'cert')];
  execFileSync('openssl', [...openssl, ...names, ...files], { stdio: 'pipe' });
  const cert = readFileSync(join(dir, 'cert'));
  server = createServer({ cert, key: readFileSync(join(dir, 'key')) }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    paths.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json');
    if (request.headers.authorization !== 'Bearer let-me-in') {
      response.statusCode = 401;
      return response.end(JSON.stringify({ kind: 'Status', message: 'Unauthorized' }));
    }
    // Two a page, whatever is asked for: a server may give less than the limit.
    const from = Number(searchParams.get('continue') ?? 0);
    const items = ITEMS[pathname] ?? [];
    const more = from + 2 < items.length ? { continue: String(from + 2) } : {};
    response.end(
      JSON.stringify({ kind: 'List', metadata: more, items: items.slice(from, from + 2) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const config = (token: string) => ({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': cert.toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token } }],
  });
  kubeconfig = join(dir, 'config');
  writeFileSync(kubeconfig, JSON.stringify(config('let-me-in')));
  writeFileSync(join(dir, 'wrong'), JSON.stringify(config('wrong')));
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const all = (path: string, ...args: string[]) =>
  runTool('sneakpeek', ['get_all_containers', ...args], { env: { KUBECONFIG: path } });

test('every container of the cluster that runs, with the address of its node', async () => {
  const { stdout, stderr, code } = await all(kubeconfig);
  expect({ stdout, stderr, code }).toEqual({
    ...{ stdout: '192.0.2.1,aaa\n192.0.2.1,bbb\n192.0.2.2,ccc\n', stderr: '', code: 0 },
  });
  expect(paths.every((path) => path.startsWith('GET /api/v1/'))).toBe(true);
});

test('pods can be left out', async () => {
  expect((await all(kubeconfig, '-e', 'web')).stdout).toBe('192.0.2.2,ccc\n');
  expect((await all(kubeconfig, '--exclude', 'web,db')).stdout).toBe('');
});

test('a server that refuses is an error with what it said', async () => {
  const { stderr, code } = await all(join(dir, 'wrong'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/https:\/\/127\.0\.0\.1:\d+: status 401, Unauthorized\n/);
});

test('a broken kubeconfig, and none', async () => {
  writeFileSync(join(dir, 'broken'), '{');
  expect((await all(join(dir, 'broken'))).stderr).toContain('kubeconfig: ');
  const none = { KUBECONFIG: '', HOME: dir };
  const { stderr } = await runTool('sneakpeek', ['files', '--cluster'], { env: none });
  expect(stderr).toContain('no cluster is configured');
});
