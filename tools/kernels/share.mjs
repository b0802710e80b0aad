// The guest's root: a directory of the host, read-only, through virtiofs.
//
// The C daemon has no read-only mode, so it serves a read-only bind mount made in a mount
// namespace of its own, which disappears with it. `cache=always` is right because a guest lives
// for minutes and nothing it reads is meant to change meanwhile. Where that cannot be promised,
// a snapshot of the repository's own folders is served in their place.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cache, fail, repository } from './base.mjs';
import { privateTool } from './emulator.mjs';
import { quote } from './job.mjs';
import { spawnBound } from './spawn.mjs';

/**
 * Starts a daemon that serves `root`, with the repository in it at its own path.
 * @param {{ root: string, socket: string, snapshot?: string }} wish snapshot: a directory whose
 *   folders take the place of the repository's folders of the same names
 * @returns {Promise<import('node:child_process').ChildProcess>} ends with the machine
 */
export async function shareRoot({ root, socket, snapshot }) {
  const tool = privateTool('virtiofsd');
  const at = join(cache, 'mount');
  mkdirSync(at, { recursive: true });
  const separate = root !== '/' || statSync('/').dev !== statSync(repository).dev;
  const steps = [
    `mount --bind ${quote(root)} ${quote(at)}`,
    ...(separate
      ? [
          `mount --bind ${quote(repository)} ${quote(at + repository)}`,
          `mount -o remount,bind,ro ${quote(at + repository)}`,
        ]
      : []),
    ...foldersOf(snapshot).flatMap((name) => {
      const target = quote(join(at + repository, name));
      const source = quote(join(snapshot, name));
      return [`mount --bind ${source} ${target}`, `mount -o remount,bind,ro ${target}`];
    }),
    `mount -o remount,bind,ro ${quote(at)}`,
    `exec ${daemon(tool.path, socket, at).map(quote).join(' ')}`,
  ];
  const shell = ['-m', '--propagation', 'private', 'sh', '-ec', steps.join('\n')];
  const child = spawnBound('unshare', shell, tool.env);
  let said = '';
  child.stderr.on('data', (bytes) => {
    said = (said + bytes).slice(-2000);
  });
  while (!existsSync(socket)) {
    if (child.exitCode !== null) {
      const hint = said.trim() || 'Root and mount namespaces are needed.';
      throw fail('KERNELS_SHARE_FAILED', 'The root could not be shared with the guest', hint);
    }
    await delay(10);
  }
  return child;
}

const foldersOf = (snapshot) => (snapshot === undefined ? [] : readdirSync(snapshot));

/** QEMU's former daemon and its successor in Rust name their options differently. */
function daemon(path, socket, directory) {
  return path.includes('/lib/qemu/')
    ? [
        path,
        `--socket-path=${socket}`,
        '-o',
        `source=${directory}`,
        '-o',
        'cache=always',
        '-o',
        'sandbox=chroot',
      ]
    : [
        path,
        `--socket-path=${socket}`,
        `--shared-dir=${directory}`,
        '--cache=always',
        '--sandbox=chroot',
      ];
}
