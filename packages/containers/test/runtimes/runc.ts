import { copyFile, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BUSYBOX,
  ended,
  IDLE,
  removeTree,
  run,
  runDetached,
  type StartOptions,
  type TestContainer,
  unique,
} from './process.js';

export interface RuncOptions extends StartOptions {
  readonly id?: string;
  /** 'create' leaves it waiting; `start()` lets its first program run. */
  readonly until?: 'create' | 'start';
  readonly runtime?: 'runc' | 'crun';
  /** In the cgroup that the runtime chooses, which bears the id; default: one with a name of ours. */
  readonly usualCgroup?: boolean;
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

/** crun demands cgroups that are all v2: it gets a mount namespace in which they are. */
const ALL_V2 = 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"';
const COMMANDS = {
  runc: ['runc'],
  crun: ['unshare', '--mount', 'sh', '-c', ALL_V2, 'sh', 'crun'],
} as const;

export async function runcContainer(options: RuncOptions = {}): Promise<RuncContainer> {
  const { id = unique(), command = IDLE, labels = {}, until = 'start', runtime = 'runc' } = options;
  const dir = await mkdtemp(join(tmpdir(), 'imagesnoop-runc-'));
  const stateDir = options.stateDir ?? join(dir, 'state');
  const [program = '', ...before] = COMMANDS[runtime];
  const own = (...args: string[]): string[] => [...before, '--root', stateDir, ...args];
  const call = (...args: string[]): Promise<string> => run(program, own(...args));
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
  if (runtime === 'crun') delete config.linux.resources; // no controllers there on hybrid machines
  if (!options.usualCgroup) config.linux.cgroupsPath = `/imagesnoop-${id}`;
  await writeFile(file, JSON.stringify(config));
  // runc passes its descriptors on to the container, which would keep our pipes open.
  await runDetached(program, own('create', '--bundle', dir, id));
  const { pid } = JSON.parse(await call('state', id)) as { pid: number };
  const container: RuncContainer = {
    id,
    pid,
    stateDir,
    start: async () => void (await call('start', id)),
    exec: (args) => call('exec', id, ...args),
    kill: async () => {
      const dead = ended(pid);
      await call('kill', '--all', id, 'KILL').catch(() => {});
      await dead;
    },
    stop: async () => {
      await call('delete', '--force', id).catch(() => {});
      await removeTree(dir);
    },
  };
  if (until === 'start') await container.start();
  return container;
}
