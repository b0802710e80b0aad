// Harmless things for the first look to see: a program that does nothing, a connection to a port of
// our own on the loopback address, one to a port where nobody listens, and a directory in a temporary
// folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The name that this process shows in the COMM column while it works. */
export const COMM = 'first-look';

/** Opens what the workload needs. `close()` leaves nothing behind. */
export async function openWorkload() {
  const title = process.title;
  process.title = COMM;
  const folder = mkdtempSync(join(tmpdir(), 'imagesnoop-'));
  const server = createServer((socket) => socket.destroy());
  const port = await listen(server);
  const closed = await closedPort();
  let count = 0;
  return {
    /** Does each thing once. */
    async act() {
      count += 1;
      execFileSync('true', [COMM]);
      mkdirSync(join(folder, `first-look-${count}`));
      await attempt(port);
      await attempt(closed);
    },
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
      process.title = title;
    },
  };
}

function listen(server) {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

/** A port that was free a moment ago. */
async function closedPort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function attempt(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', resolve);
    socket.on('connect', () => socket.end());
    socket.resume();
  });
}
