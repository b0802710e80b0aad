import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootfsTar } from './image.js';
import {
  BUSYBOX,
  IDLE,
  removeCgroups,
  removeTree,
  type StartOptions,
  startDaemon,
  type TestContainer,
} from './process.js';

export interface TestDockerd {
  readonly socket: string;
  /** Of the containerd that this daemon started for itself. */
  readonly containerdSocket: string;
  readonly image: string;
  /** runc's state directory, with one folder per containerd namespace. */
  readonly stateDir: string;
  create(name: string, options?: StartOptions): Promise<string>;
  start(name: string): Promise<TestContainer>;
  run(name: string, options?: StartOptions): Promise<TestContainer>;
  /** Stops at once and removes; without error when there is nothing left. */
  remove(name: string): Promise<void>;
  /** A call of the Engine API; the answer parsed. Throws on any status that is not 2xx. */
  api(method: string, path: string, body?: object | Buffer): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * @param storage driver; `overlay2` needs a file system below /tmp that can be an upper layer
 * @param program another daemon than the installed one
 * @param features as in daemon.json
 */
export async function startDockerd({
  storage = 'vfs',
  program = 'dockerd',
  features = {} as Readonly<Record<string, boolean>>,
} = {}): Promise<TestDockerd> {
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-dockerd-'));
  const socket = join(dir, 'd.sock');
  await writeFile(join(dir, 'none.json'), JSON.stringify({ features })); // instead of /etc/docker/daemon.json
  const daemon = await startDaemon(
    program,
    [
      ...['--data-root', join(dir, 'root'), '--exec-root', join(dir, 'exec')],
      ...['--pidfile', join(dir, 'pid'), '--host', `unix://${socket}`],
      ...['--config-file', join(dir, 'none.json'), '--storage-driver', storage],
      // No network is touched.
      ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'],
    ],
    /API listen on/,
  );
  const image = 'busybox:test';
  const api = (method: string, path: string, body?: object | Buffer) =>
    callDocker(socket, method, path, body);
  const [repo, tag] = image.split(':');
  await api(
    'POST',
    `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`,
    rootfsTar(await readFile(BUSYBOX)),
  );

  const create = async (name: string, { command = IDLE, labels = {} }: StartOptions = {}) => {
    const HostConfig = { NetworkMode: 'none', Init: false };
    const body = { Image: image, Cmd: command, Labels: labels, HostConfig };
    const { Id } = (await api('POST', `/containers/create?name=${name}`, body)) as { Id: string };
    return Id;
  };
  const start = async (name: string): Promise<TestContainer> => {
    await api('POST', `/containers/${name}/start`);
    const { Id, State } = (await api('GET', `/containers/${name}/json`)) as {
      Id: string;
      State: { Pid: number };
    };
    return { id: Id, pid: State.Pid };
  };
  const remove = async (name: string): Promise<void> => {
    await api('DELETE', `/containers/${name}?force=true`).catch(() => {});
  };
  return {
    socket,
    containerdSocket: join(dir, 'exec/containerd/containerd.sock'),
    image,
    stateDir: join(dir, 'exec/runtime-runc'),
    create,
    start,
    run: async (name, options) => {
      await create(name, options);
      return start(name);
    },
    remove,
    api,
    stop: async () => {
      const all = (await api('GET', '/containers/json?all=1')) as { Id: string }[];
      for (const { Id } of all) await remove(Id);
      await daemon.stop();
      await removeCgroups('docker');
      await removeTree(dir);
    },
  };
}

function callDocker(
  socketPath: string,
  method: string,
  path: string,
  body?: object | Buffer,
): Promise<unknown> {
  const raw = Buffer.isBuffer(body);
  const type = raw ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'content-type': type, connection: 'close' };
    const call = request({ socketPath, method, path, headers }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const status = response.statusCode ?? 0;
        if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
        resolve(text.startsWith('{') || text.startsWith('[') ? firstJson(text) : text);
      } catch (error) {
        reject(error);
      }
    });
    call.once('error', reject);
    call.end(raw ? body : body && JSON.stringify(body));
  });
}

/** Progress comes as several objects, of which nobody here asks more than the first. */
const firstJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.split('\n')[0] as string);
  }
};
