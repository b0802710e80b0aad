// Each tool as npx runs it, and what happens while it does.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GAP_MS = 50;
const HERE = mkdtempSync(join(tmpdir(), 'imagesnoop-workloads-'));
const SOCKET = join(HERE, 'grpc.sock');
const OURS = ['--pid', `${process.pid}`, '-o', 'json', '--max-events', '1'];

/** A tool, what it is asked for, and what it then prints. */
export interface Told {
  readonly name: string;
  readonly args: readonly string[];
  readonly sees: RegExp;
  /** Done again and again from when it traces until it ends. */
  readonly work?: () => void;
}

export const TOOLS: readonly Told[] = [
  { name: 'tcpconnect', args: OURS, sees: /"error":"ECONNREFUSED"/, work: callNobody },
  { name: 'mkdirsnoop', args: OURS, sees: /"path":"\/one\/of\/many"/, work: makeNothing },
  {
    name: 'execsnoop',
    args: ['-o', 'json', '--', process.execPath, '--version'],
    sees: /"type":"exec".*"--version"/,
  },
  { name: 'tcpflow', args: ['--events', ...OURS], sees: /"type":"connect"/, work: callNobody },
  {
    name: 'tc-tracker',
    args: ['-i', 'lo', '-o', 'json', '--duration', '1'],
    sees: /"type":"summary"/,
  },
  {
    name: 'containerdsnoop',
    args: ['-a', SOCKET, '-o', 'json', '--max-events', '1'],
    sees: /"method":"\/shop.Shop\/Buy"/,
    work: callShop,
  },
  {
    name: 'sneakpeek',
    args: ['fswatch', '-o', 'json', '--duration', '1'],
    sees: /"type":"summary"/,
  },
  { name: 'loader', args: ['doctor'], sees: /works/ },
];

/** A directory that cannot be made, so that nothing changes. */
function makeNothing(): void {
  try {
    mkdirSync('/one/of/many');
  } catch {
    // ENOENT, as meant
  }
}

/** Port 1 of loopback, where nobody listens. */
function callNobody(): void {
  createConnection(1, '127.0.0.1').on('error', () => {});
}

const shop = createServer().on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.alloc(5)); // an empty message behind its frame
});

/** One gRPC call on a connection of its own. */
function callShop(): void {
  const client = connect('http://shop', { createConnection: () => createConnection(SOCKET) });
  client.on('error', () => {});
  const headers = {
    ':method': 'POST',
    ':path': '/shop.Shop/Buy',
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  const call = client.request(headers).on('error', () => {});
  call.on('close', () => client.close()).resume();
  call.end(Buffer.alloc(5));
}

/** Opens what the tools are pointed at. */
export async function openShop(): Promise<void> {
  await new Promise<void>((done) => shop.listen(SOCKET, done));
}

/** Does a tool's work until the function that it returns is called. */
export function busyWith({ work }: Told): () => void {
  if (work === undefined) return () => {};
  const timer = setInterval(work, GAP_MS);
  return () => clearInterval(timer);
}

export function closeShop(): void {
  shop.close();
  rmSync(HERE, { recursive: true, force: true });
}
