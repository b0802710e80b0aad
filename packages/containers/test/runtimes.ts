/**
 * Real container runtimes for tests: daemons of our own on private sockets and directories, with
 * an image made of busybox-static. For root on a machine with the packages of
 * tools/setup/packages-test.txt. Everything started here is stopped, and everything written is
 * removed, by the `stop()` of what each function returns.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { imageArchive, rootfsTar } from './image.js';

const execute = promisify(execFile);
const BUSYBOX = '/bin/busybox';
/** What a container does unless told: waits, and ends at once when asked to. */
export const IDLE = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done'];

/** Why the runtimes cannot run here, or null when they can. */
export function missing(...programs: string[]): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const absent = ['busybox', ...programs].filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  return absent.length === 0 ? null : `needs ${absent.join(', ')} (tools/setup/packages-test.txt)`;
}

/** A name that no other test of this machine has. */
const unique = (): string => `t${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

/** Runs a program to its end; its output without the last newline. The error holds its stderr. */
async function run(program: string, args: readonly string[]): Promise<string> {
  // The daemons' own programs, before those that a developer may have put into /usr/local.
  const env = { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH}` };
  const { stdout } = await execute(program, args, { env, maxBuffer: 16 << 20 });
  return stdout.trimEnd();
}

interface Daemon {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a daemon and returns once it has written a line that matches; throws when it ends. */
async function startDaemon(program: string, args: string[], ready: RegExp): Promise<Daemon> {
  const env = { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH}` };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (log.push(line) > 50) log.shift();
      if (ready.test(line)) resolve();
    });
    void ended.then(() => reject(new Error(`${program} ended:\n${log.join('\n')}`)));
  });
  return {
    child,
    stop: async () => {
      child.kill('SIGTERM');
      const stuck = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(stuck);
    },
  };
}

/** Unmounts what a runtime left mounted below a directory, and removes the directory. */
async function removeTree(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounts.reverse()) await run('umount', ['-l', path]).catch(() => {});
  await rm(dir, { recursive: true, force: true });
}

/** A container that runs, or has been created. */
export interface TestContainer {
  readonly id: string;
  /** First process, as the host counts. */
  readonly pid: number;
}

export interface StartOptions {
  readonly command?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

// ---- containerd ----

export interface TestContainerd {
  readonly socket: string;
  /** A containerd namespace of this daemon alone: runc's state directories are global. */
  readonly namespace: string;
  readonly image: string;
  /** runc's state directory of that namespace. */
  readonly stateDir: string;
  /** runc's state directory of the CRI plugin's containers, with one folder per namespace. */
  readonly criStateDir: string;
  create(id: string, options?: StartOptions): Promise<void>;
  start(id: string): Promise<TestContainer>;
  run(id: string, options?: StartOptions): Promise<TestContainer>;
  exec(id: string, command: readonly string[]): Promise<string>;
  /** Kills and deletes; without error when there is nothing left. */
  remove(id: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startContainerd({ cri = false } = {}): Promise<TestContainerd> {
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-containerd-'));
  const socket = join(dir, 'c.sock');
  const namespace = unique();
  const image = 'imagesnoop.test/busybox:1';
  const criStateDir = join(dir, 'cri-runc');
  const plugins = (name: string): string => `[plugins."io.containerd.grpc.v1.cri"${name}]`;
  await writeFile(
    join(dir, 'config.toml'),
    `version = 2
root = "${dir}/root"
state = "${dir}/state"
${cri ? '' : 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'}
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${dir}/opt"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
${
  cri
    ? `${plugins('')}
  sandbox_image = "${image}"
  disable_apparmor = true
  disable_tcp_service = true
  restrict_oom_score_adj = true
${plugins('.containerd')}
  snapshotter = "native"
${plugins('.containerd.runtimes.runc')}
  runtime_type = "io.containerd.runc.v2"
${plugins('.containerd.runtimes.runc.options')}
  Root = "${criStateDir}"`
    : ''
}
`,
  );
  const daemon = await startDaemon(
    'containerd',
    ['--config', join(dir, 'config.toml')],
    /successfully booted/,
  );
  const ctr = (...args: string[]): Promise<string> =>
    run('ctr', ['--address', socket, '--namespace', namespace, ...args]);

  const archive = join(dir, 'image.tar');
  await writeFile(archive, imageArchive(await readFile(BUSYBOX), image));
  await ctr('images', 'import', archive);
  if (cri) await run('ctr', ['--address', socket, '-n', 'k8s.io', 'images', 'import', archive]);

  const pidOf = async (id: string): Promise<number> => {
    const line = (await ctr('tasks', 'list')).split('\n').find((l) => l.startsWith(`${id} `));
    return Number(line?.split(/\s+/)[1]);
  };
  const remove = async (id: string): Promise<void> => {
    await ctr('tasks', 'delete', '--force', id).catch(() => {});
    await ctr('containers', 'delete', id).catch(() => {});
  };
  const create = async (id: string, { command = IDLE, labels = {} }: StartOptions = {}) => {
    const flags = Object.entries(labels).flatMap(([k, v]) => ['--label', `${k}=${v}`]);
    await ctr(
      'containers',
      'create',
      '--snapshotter',
      'native',
      ...flags,
      '--',
      image,
      id,
      ...command,
    );
  };
  const start = async (id: string): Promise<TestContainer> => {
    await ctr('tasks', 'start', '--detach', '--null-io', id);
    return { id, pid: await pidOf(id) };
  };
  return {
    socket,
    namespace,
    image,
    stateDir: `/run/containerd/runc/${namespace}`,
    criStateDir,
    create,
    start,
    run: async (id, options) => {
      await create(id, options);
      return start(id);
    },
    exec: (id, command) => ctr('tasks', 'exec', '--exec-id', unique(), '--', id, ...command),
    remove,
    stop: async () => {
      // Shims outlive their daemon: every container goes first.
      for (const ns of (await ctr('namespaces', 'list', '-q')).split('\n').filter(Boolean)) {
        const of = (...args: string[]) => run('ctr', ['--address', socket, '-n', ns, ...args]);
        for (const id of (await of('tasks', 'list', '-q')).split('\n').filter(Boolean)) {
          await of('tasks', 'delete', '--force', id).catch(() => {});
        }
      }
      await daemon.stop();
      await rm(`/run/containerd/runc/${namespace}`, { recursive: true, force: true });
      await removeTree(dir);
    },
  };
}

// ---- Docker ----

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

export async function startDockerd(): Promise<TestDockerd> {
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-dockerd-'));
  const socket = join(dir, 'd.sock');
  await writeFile(join(dir, 'none.json'), '{}'); // instead of /etc/docker/daemon.json
  const daemon = await startDaemon(
    'dockerd',
    [
      ...['--data-root', join(dir, 'root'), '--exec-root', join(dir, 'exec')],
      ...['--pidfile', join(dir, 'pid'), '--host', `unix://${socket}`],
      ...['--config-file', join(dir, 'none.json'), '--storage-driver', 'vfs'],
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

// ---- runc alone ----

export interface RuncOptions extends StartOptions {
  readonly id?: string;
  /** 'create' leaves it waiting; `start()` lets its first program run. */
  readonly until?: 'create' | 'start';
  /** State directory; default: one of its own. Not /run/runc, to leave that alone. */
  readonly stateDir?: string;
}

export interface RuncContainer extends TestContainer {
  readonly stateDir: string;
  start(): Promise<void>;
  exec(command: readonly string[]): Promise<string>;
  /** Kills its processes, leaving it in state "stopped". */
  kill(): Promise<void>;
  /** Kills, deletes and removes its directories. */
  stop(): Promise<void>;
}

export async function runcContainer(options: RuncOptions = {}): Promise<RuncContainer> {
  const { id = unique(), command = IDLE, labels = {}, until = 'start' } = options;
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-runc-'));
  const stateDir = options.stateDir ?? join(dir, 'state');
  const runc = (...args: string[]): Promise<string> => run('runc', ['--root', stateDir, ...args]);
  await mkdir(join(dir, 'rootfs/bin'), { recursive: true });
  await copyFile(BUSYBOX, join(dir, 'rootfs/bin/busybox'));
  for (const applet of ['sh', 'sleep', 'mkdir', 'ls', 'cat']) {
    await symlink('busybox', join(dir, 'rootfs/bin', applet));
  }
  await run('runc', ['spec', '--bundle', dir]);
  const file = join(dir, 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8'));
  Object.assign(config.process, { terminal: false, args: command });
  config.root.readonly = false;
  config.annotations = labels;
  config.linux.cgroupsPath = `/imagesnoop-test/${id}`;
  await writeFile(file, JSON.stringify(config));
  // runc passes its descriptors on to the container, which would keep our pipes open.
  await runDetached('runc', ['--root', stateDir, 'create', '--bundle', dir, id]);
  const { pid } = JSON.parse(await runc('state', id)) as { pid: number };
  const container: RuncContainer = {
    id,
    pid,
    stateDir,
    start: async () => void (await runc('start', id)),
    exec: (args) => runc('exec', id, ...args),
    kill: async () => {
      const dead = ended(pid);
      await runc('kill', '--all', id, 'KILL').catch(() => {});
      await dead;
    },
    stop: async () => {
      await runc('delete', '--force', id).catch(() => {});
      await removeTree(dir);
    },
  };
  if (until === 'start') await container.start();
  return container;
}

/** Runs a program whose descendants outlive it, so that none of them holds a pipe of ours. */
async function runDetached(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const code = await new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}`);
}

/** Resolves when a process is gone or a zombie. It is no child of ours, so /proc is asked. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') X');
    if (/\) [XZ]/.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
