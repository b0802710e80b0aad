import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Write } from './wire.js';

export interface Proxied {
  /** Of the socket to connect to. */
  path: string;
  /** What was written on each connection, each write by itself. */
  connections: Write[][];
  close(): void;
}

/** Puts itself in front of a server, on unix sockets, and notes every write through it. */
export async function proxyOf(server: net.Server): Promise<Proxied> {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
  const target = join(folder, 'target.sock');
  const path = join(folder, 'proxy.sock');
  const connections: Write[][] = [];
  const proxy = net.createServer((client) => {
    const writes: Write[] = [];
    connections.push(writes);
    const upstream = net.connect(target);
    pass(client, upstream, (bytes) => writes.push({ toServer: true, bytes }));
    pass(upstream, client, (bytes) => writes.push({ toServer: false, bytes }));
  });
  await once(server.listen(target), 'listening');
  await once(proxy.listen(path), 'listening');
  return {
    path,
    connections,
    close() {
      proxy.close();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function pass(from: net.Socket, to: net.Socket, note: (bytes: Buffer) => void): void {
  from.on('data', (bytes) => {
    note(bytes);
    to.write(bytes);
  });
  from.on('close', () => to.destroy());
}
