// A Kubernetes API server of a test's own, on loopback, with nothing but the API: no node runs, so
// objects stay as they were written.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { API_SERVER, ETCD } from './programs.mjs';

/** Why there is no API server for tests, or null. */
export const lacksKubernetes = (): string | null =>
  [API_SERVER, ETCD].every((path) => existsSync(path))
    ? null
    : 'needs kube-apiserver and etcd (node tools/kubernetes/build.mjs, some minutes)';

/** Tokens that the server knows: who they stand for. */
const USERS = { administrator: 'system:masters', nobody: 'system:nobodies' } as const;

export class KubernetesServer {
  readonly #dir = mkdtempSync(join(tmpdir(), 'imagesnoop-kubernetes-'));
  readonly #children: ChildProcess[] = [];
  #port = 0;

  static async start(): Promise<KubernetesServer> {
    const server = new KubernetesServer();
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async #start(): Promise<void> {
    const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const dir = this.#dir;
    const at = (number: number) => `http://127.0.0.1:${number}`;
    await this.#run(
      ETCD,
      [
        ...[`--data-dir=${dir}/etcd`, '--unsafe-no-fsync', `--listen-client-urls=${at(client)}`],
        ...[`--advertise-client-urls=${at(client)}`, `--listen-peer-urls=${at(peer)}`],
      ],
      /ready to serve client requests/,
    );
    execFileSync('openssl', ['genrsa', '-out', join(dir, 'key'), '2048'], { stdio: 'ignore' });
    const lines = Object.entries(USERS).map(([name, group]) => `${name},${name},${name},${group}`);
    writeFileSync(join(dir, 'tokens'), `${lines.join('\n')}\n`, { mode: 0o600 });
    this.#port = port;
    await this.#run(
      API_SERVER,
      [
        ...[`--etcd-servers=${at(client)}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
        ...['--advertise-address=127.0.0.1', `--cert-dir=${dir}`, '--authorization-mode=RBAC'],
        ...[`--service-account-key-file=${dir}/key`, '--service-account-issuer=https://test'],
        ...[`--service-account-signing-key-file=${dir}/key`, `--token-auth-file=${dir}/tokens`],
        ...['--disable-admission-plugins=ServiceAccount', '--service-cluster-ip-range=10.0.0.0/24'],
      ],
      /Serving securely/,
    );
    // It serves before its own rights are in place.
    while ((await this.#call('GET', '/readyz')).status !== 200) await delay(100);
  }

  /** A kubeconfig file of one of its users, or of somebody unknown. */
  kubeconfig(user: keyof typeof USERS | 'stranger'): string {
    const path = join(this.#dir, `config-${user}`);
    const cluster = {
      server: `https://127.0.0.1:${this.#port}`,
      'certificate-authority-data': readFileSync(join(this.#dir, 'apiserver.crt'), 'base64'),
    };
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'here',
        contexts: [{ name: 'here', context: { cluster: 'c', user } }],
        clusters: [{ name: 'c', cluster }],
        users: [{ name: user, user: { token: user } }],
      }),
    );
    return path;
  }

  /** @throws Error with what the server said, if that is no success */
  async write(method: 'POST' | 'PATCH', path: string, body: object): Promise<void> {
    const { status, text } = await this.#call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Starts a program and waits for a line that matches. */
  async #run(program: string, args: readonly string[], ready: RegExp): Promise<void> {
    const command = ['--pdeathsig', 'KILL', program, ...args];
    const child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#children.push(child);
    let last = '';
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        last = line;
        if (ready.test(line)) resolve();
      });
      child.once('error', reject);
      child.once('close', () => reject(new Error(`${program} ended: ${last}`)));
    });
  }

  /** As the administrator. */
  #call(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: this.#port, method, path, rejectUnauthorized: false },
        async (response) => {
          try {
            let text = '';
            for await (const chunk of response.setEncoding('utf8')) text += chunk;
            resolve({ status: response.statusCode ?? 0, text });
          } catch (error) {
            reject(error);
          }
        },
      );
      call.setHeader('authorization', 'Bearer administrator');
      call.setHeader('content-type', patch);
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** One that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
