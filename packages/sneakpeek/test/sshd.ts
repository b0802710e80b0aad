// An ssh server on loopback with keys of its own, and an `ssh` that knows only that server.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestSshd {
  /** Surroundings in which `ssh anything` reaches the server. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** @param names of nodes, all of which are this machine */
export async function startSshd(names: readonly string[]): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-sshd-'));
  const port = await freePort();
  for (const key of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, key)]);
  }
  const lines = (...all: string[]) => `${all.join('\n')}\n`;
  writeFileSync(
    join(dir, 'sshd_config'),
    lines(
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${dir}/host`, `PidFile ${dir}/pid`],
      ...[`AuthorizedKeysFile ${dir}/user.pub`, 'PermitRootLogin yes', 'StrictModes no'],
      ...['PasswordAuthentication no', 'UsePAM no'],
    ),
  );
  writeFileSync(
    join(dir, 'ssh_config'),
    lines(
      ...[`Host ${names.join(' ')}`, 'HostName 127.0.0.1', `Port ${port}`],
      ...[`IdentityFile ${dir}/user`, 'IdentitiesOnly yes', 'LogLevel ERROR'],
      ...['StrictHostKeyChecking no', `UserKnownHostsFile ${dir}/known`],
    ),
  );
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${dir}/ssh_config "$@"\n`);
  chmodSync(join(dir, 'bin/ssh'), 0o755);
  mkdirSync('/run/sshd', { recursive: true }); // it will not start without
  const args = ['-D', '-e', '-f', join(dir, 'sshd_config')];
  const child = spawn('/usr/sbin/sshd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/listening on/.test(said)) resolve();
    });
    void ended.then(() => reject(new Error(`sshd ended: ${said}`)));
  });
  const socket = dial(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return {
    env: { PATH: `${dir}/bin:${process.env.PATH}` },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
