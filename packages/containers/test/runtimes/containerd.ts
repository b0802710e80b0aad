import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageArchive } from './image.js';
import {
  BUSYBOX,
  IDLE,
  removeCgroups,
  removeTree,
  run,
  type StartOptions,
  startDaemon,
  type TestContainer,
  unique,
} from './process.js';

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
  /** Ends the daemon, not its containers, and starts it again. */
  restart(): Promise<void>;
  /** Runs ctr to its end, in that namespace. */
  ctr(...args: string[]): Promise<string>;
  /** Kills and deletes; without error when there is nothing left. */
  remove(id: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ContainerdOptions {
  readonly cri?: boolean;
  /** `overlayfs` needs a file system below /tmp that can be an upper layer. */
  readonly snapshotter?: string;
  /** Folder of containerd and its programs, instead of those installed: `containerdOf()`. */
  readonly programs?: string;
}

export async function startContainerd({
  cri = false,
  snapshotter = 'native',
  programs,
}: ContainerdOptions = {}): Promise<TestContainerd> {
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
  snapshotter = "${snapshotter}"
${plugins('.containerd.runtimes.runc')}
  runtime_type = "io.containerd.runc.v2"
${plugins('.containerd.runtimes.runc.options')}
  Root = "${criStateDir}"`
    : ''
}
`,
  );
  const boot = () =>
    startDaemon(
      'containerd',
      ['--config', join(dir, 'config.toml')],
      /successfully booted/,
      programs,
    );
  let daemon = await boot();
  const ctrIn = (name: string, ...args: string[]): Promise<string> =>
    run('ctr', ['--address', socket, '--namespace', name, ...args], programs);
  const ctr = (...args: string[]): Promise<string> => ctrIn(namespace, ...args);

  const archive = join(dir, 'image.tar');
  await writeFile(archive, imageArchive(await readFile(BUSYBOX), image));
  await ctr('images', 'import', archive);
  if (cri) await ctrIn('k8s.io', 'images', 'import', archive);

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
      snapshotter,
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
    ctr,
    restart: async () => {
      await daemon.stop();
      daemon = await boot();
    },
    remove,
    stop: async () => {
      // Shims outlive their daemon: every container goes first.
      for (const ns of (await ctr('namespaces', 'list', '-q')).split('\n').filter(Boolean)) {
        for (const id of (await ctrIn(ns, 'tasks', 'list', '-q')).split('\n').filter(Boolean)) {
          await ctrIn(ns, 'tasks', 'delete', '--force', id).catch(() => {});
        }
      }
      await daemon.stop();
      await rm(`/run/containerd/runc/${namespace}`, { recursive: true, force: true });
      for (const name of [namespace, 'k8s.io']) await removeCgroups(name);
      await removeTree(dir);
    },
  };
}
