/** Programs and daemons that a test starts, and their end. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);
export const BUSYBOX = '/bin/busybox';
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
export const unique = (): string => `t${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

/** The daemons' own programs, before those that a developer may have put into /usr/local. */
const PATH = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH}`;

const environment = (programs?: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: programs === undefined ? PATH : `${programs}:${PATH}`,
});

/**
 * Runs a program to its end; its output without the last newline. The error holds its stderr.
 *
 * @param programs folder that comes first
 */
export async function run(
  program: string,
  args: readonly string[],
  programs?: string,
): Promise<string> {
  const env = environment(programs);
  const { stdout } = await execute(program, args, { env, maxBuffer: 16 << 20 });
  return stdout.trimEnd();
}

export interface Daemon {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a daemon and returns once it has written a line that matches; throws when it ends. */
export async function startDaemon(
  program: string,
  args: string[],
  ready: RegExp,
  programs?: string,
): Promise<Daemon> {
  const env = environment(programs);
  // A test that is killed takes its daemons with it.
  const command = ['--pdeathsig', 'TERM', program, ...args];
  const child = spawn('setpriv', command, { env, stdio: ['ignore', 'ignore', 'pipe'] });
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
export async function removeTree(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounts.reverse()) await run('umount', ['-l', path]).catch(() => {});
  // What a runtime left behind, such as podman's clean-up after a container, may still be writing.
  await rm(dir, { recursive: true, force: true, maxRetries: 20 });
}

/** Removes the cgroups of a name at the top of every hierarchy, as far as they are empty. */
export async function removeCgroups(name: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2');
  for (const [, mount = ''] of mounts) await rmdir(join(mount, name)).catch(() => {});
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

/** Runs a program whose descendants outlive it, so that none of them holds a pipe of ours. */
export async function runDetached(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const code = await new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}`);
}

/** Resolves when a process is gone or a zombie. It is no child of ours, so /proc is asked. */
export async function ended(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') X');
    if (/\) [XZ]/.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
