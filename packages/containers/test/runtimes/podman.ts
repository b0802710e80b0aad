import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootfsTar } from './image.js';
import {
  BUSYBOX,
  type Daemon,
  IDLE,
  removeCgroups,
  removeTree,
  run,
  type StartOptions,
  startDaemon,
  type TestContainer,
} from './process.js';

export interface TestPodman {
  /** Of `podman system service`; it is there once `serve()` returned. */
  readonly socket: string;
  readonly image: string;
  /** runc's state directory, which Podman does not let us choose. */
  readonly stateDir: '/run/runc';
  serve(): Promise<void>;
  run(name: string, options?: StartOptions): Promise<TestContainer>;
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Podman with storage of its own and runc (crun refuses machines with hybrid cgroups). */
export async function startPodman({ storage = 'vfs' } = {}): Promise<TestPodman> {
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-podman-'));
  const socket = join(dir, 'p.sock');
  const image = 'localhost/busybox:test';
  const own = [
    ...['--root', join(dir, 'root'), '--runroot', join(dir, 'run'), '--tmpdir', join(dir, 'tmp')],
    ...['--storage-driver', storage, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc'],
    ...['--events-backend', 'file'],
  ];
  const podman = (...args: string[]): Promise<string> => run('podman', [...own, ...args]);
  await writeFile(join(dir, 'rootfs.tar'), rootfsTar(await readFile(BUSYBOX)));
  await podman('import', '--quiet', join(dir, 'rootfs.tar'), image);
  await rm(join(dir, 'rootfs.tar'));

  let service: Daemon | undefined;
  return {
    socket,
    image,
    stateDir: '/run/runc',
    serve: async () => {
      const command = ['--log-level', 'info', 'system', 'service', '--time', '0'];
      const args = [...own, ...command, `unix://${socket}`];
      service = await startDaemon('podman', args, /API service listening on/);
      await list(socket);
    },
    run: async (name, { command = IDLE, labels = {} } = {}) => {
      const flags = Object.entries(labels).flatMap(([k, v]) => ['--label', `${k}=${v}`]);
      // Podman's default limits need CAP_SYS_RESOURCE.
      const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
      const detached = ['run', '--detach', '--network', 'none', '--log-driver', 'none'];
      const id = await podman(...detached, ...limits, ...flags, '--name', name, image, ...command);
      return { id, pid: Number(await podman('inspect', '--format', '{{.State.Pid}}', id)) };
    },
    remove: async (name) =>
      void (await podman('rm', '--force', '--time', '0', name).catch(() => {})),
    stop: async () => {
      await podman('rm', '--all', '--force', '--time', '0').catch(() => {});
      service?.child.kill('SIGKILL'); // it would wait for its clients
      await service?.stop();
      for (const name of ['libpod_parent/conmon', 'libpod_parent']) await removeCgroups(name);
      await removeTree(dir);
    },
  };
}

/** The first listing takes much longer than others, on an emulated machine longer than callers wait. */
async function list(socketPath: string): Promise<void> {
  const call = get({ socketPath, path: '/v4.0.0/libpod/containers/json?all=true' });
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`podman: status ${response.statusCode}`);
  await once(response.resume(), 'end');
}
