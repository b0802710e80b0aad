// A containerd of the tests' own, and its client.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why there is no containerd to trace, or null. */
export function lacksContainerd(): string | null {
  const missing = ['containerd', 'ctr'].filter((name) => !isInstalled(name));
  return missing.length === 0 ? null : `needs ${missing.join(' and ')}`;
}

function isInstalled(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const PATIENCE_MS = 20_000;

export class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'containerdsnoop-'));
  readonly socket = join(this.folder, 'c.sock');
  #child: ChildProcess | undefined;

  /** Until it answers. */
  async start(): Promise<number> {
    const config = join(this.folder, 'config.toml');
    const { folder } = this;
    writeFileSync(
      config,
      [
        'version = 2',
        `root = "${folder}/root"`,
        `state = "${folder}/state"`,
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
        '[grpc]',
        `address = "${this.socket}"`,
        '[ttrpc]',
        `address = "${this.socket}.ttrpc"`,
      ].join('\n'),
    );
    const log = openSync(join(folder, 'log'), 'a');
    const child = spawn('containerd', ['--config', config], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    await this.#answers();
    return child.pid ?? 0;
  }

  /** Whether it answers is asked by connecting alone, so that no call is seen. */
  async #answers(): Promise<void> {
    const { connect } = await import('node:net');
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
      const socket = connect(this.socket);
      try {
        await once(socket, 'connect');
        return;
      } catch {
        // Not yet.
      } finally {
        socket.destroy();
      }
    }
    throw new Error('containerd does not come up');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  }

  /** Runs ctr to its end; what fails is returned, too. */
  async ctr(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('ctr', ['--address', this.socket, ...args]).catch(
      (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout + error.stderr }),
    );
    return stdout;
  }

  /** `ctr events`: a call that goes on until it is killed. */
  followEvents(): ChildProcess {
    return spawn('ctr', ['--address', this.socket, 'events'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
