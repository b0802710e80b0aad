// Connections of a container, chosen by its name or by its mount namespace in a pinned map.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfObject } from '@imagesnoop/bpf-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { missing, startContainerd, type TestContainerd } from '../../containers/test/runtimes.js';
import { OpenConnections, type Row, run } from './flows.js';

const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'runc');
const OBJECT = new URL('../bpf/tcpflow.bpf.o', import.meta.url).pathname;
const PORT = 7999;

let runtime: TestContainerd;
let pid: number;
let pins: string;
let holder: BpfObject | undefined;

beforeAll(async () => {
  if (lack !== null) return;
  runtime = await startContainerd();
  pid = (await runtime.run('web')).pid;
  execFileSync('nsenter', ['-t', String(pid), '-n', 'ip', 'link', 'set', 'lo', 'up']);
});
afterAll(() => runtime?.stop());
beforeEach((context) => {
  requireKernel(context, lack);
  pins = mkdtempSync(join(tmpdir(), 'tcpflow-'));
  execFileSync('mount', ['-t', 'bpf', 'bpf', pins]);
});
afterEach(() => {
  if (lack !== null) return;
  holder?.close();
  execFileSync('umount', [pins]);
  rmSync(pins, { recursive: true });
});

/** A pinned map with the container's mount namespace, as other tools make them. */
function pinNamespace(): string {
  const path = join(pins, 'mntns');
  holder = BpfObject.open(OBJECT);
  for (const program of holder.programs) program.autoload = false;
  holder.load();
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(BigInt(statSync(`/proc/${pid}/ns/mnt`).ino));
  holder.map('filter_mntns').update(key, 1);
  holder.map('filter_mntns').pin(path);
  return path;
}

/** The container connects twice; others have connected before, and do meanwhile. */
async function rows(...args: readonly string[]): Promise<Row[]> {
  const env = { CONTAINERD_ADDRESS: runtime.socket };
  const others = new OpenConnections();
  await others.opened();
  const tool = await startTool('tcpflow', [...args, '-o', 'json'], { env });
  const dial = `nc 127.0.0.1 ${PORT}`;
  await runtime.exec('web', ['sh', '-c', `${dial}; ${dial}; true`]);
  await run('flows', 'client-fin');
  await others.closed();
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  return rowsOf(stdout);
}

test.each([['--container'], ['--mntnsmap']])('%s, events and tables', async (flag) => {
  const value = flag === '--container' ? 'web' : pinNamespace();
  const events = await rows('--events', flag, value);
  expect(events.map(({ type, comm, dport, error }) => [type, comm, dport, error])).toEqual(
    Array(2).fill(['connect', 'nc', PORT, 'ECONNREFUSED']),
  );
  const flows = await rows(flag, value);
  expect(flows.map(({ call, comm, rport, count }) => [call, comm, rport, count])).toEqual(
    Array(2).fill(['connect', 'nc', PORT, 1]),
  );
  for (const row of [...events, ...flows]) {
    expect(row.mntns).toBe(statSync(`/proc/${pid}/ns/mnt`).ino);
    expect(row.container).toMatchObject({ id: 'web', runtime: 'containerd' });
  }
});
