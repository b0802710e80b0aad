import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadOnly, needEmit, OBJECT, outcome } from './support.js';

beforeEach(needEmit);

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const fds = () => readdirSync('/proc/self/fd').length;

interface Holding {
  fds: number;
  rss: number;
}

describe.each([
  ['closed', 1000, 'plain.bpf.o', []],
  ['dropped', 300, 'plain.bpf.o', ['leave']],
  // With the kernel's BTF, of which a single leak would be over 5 MB.
  ['closed', 20, 'core.bpf.o', []],
])('%s', (_, count, object, args) => {
  test(`${count} of ${object} leave descriptors and memory flat`, () => {
    const argv = ['--expose-gc', fixture('cycles.mjs'), fixture(object), String(count), ...args];
    const { before, after } = JSON.parse(
      execFileSync(process.execPath, argv, { encoding: 'utf8' }),
    ) as { before: Holding; after: Holding };
    expect(after.fds).toBe(before.fds);
    // A leak each time would be more: 64 KiB of ring, or 5 MB of BTF.
    expect(after.rss - before.rss).toBeLessThan(16 << 20);
  });
});

test('closing twice is closing once', () => {
  const object = loadOnly('exec_rawtp');
  const link = object.program('exec_rawtp').attach();
  object.close();
  object.close();
  link.close();
  expect(outcome(() => link.pin('/x'))).toBe('BPF_CLOSED');
});

test('a failed load leaves nothing, and the object can only be closed', () => {
  const before = fds();
  expect(outcome(() => loadOnly('refused_rawtp', 'exec_rawtp'))).toBe('BPF_LOAD_REJECTED');
  expect(fds()).toBe(before);
});

test('a worker that ends in the middle of reading leaves nothing', async () => {
  const before = fds();
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(fixture('flood-worker.mjs'), { workerData: OBJECT });
    await once(worker, 'message');
    await worker.terminate();
  }
  expect(fds()).toBeLessThanOrEqual(before + 2);
});

test('two workers and the main thread work at the same time', async () => {
  const workers = [1, 2].map(() => new Worker(fixture('flood-worker.mjs'), { workerData: OBJECT }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  expect(() => loadOnly('refused_rawtp')).toThrow(/refused_rawtp: EACCES/);
  await Promise.all(workers.map((worker) => worker.terminate()));
});

describe('the process', () => {
  const run = (body: string) => {
    const script = `
      import { BpfObject, RingBuffer } from '${new URL('../dist/index.js', import.meta.url)}';
      const object = BpfObject.open('${OBJECT}');
      for (const each of object.programs) each.autoload = /^(emit|exec_rawtp)$/.test(each.name);
      object.load();
      const ctx = new Uint8Array(16);
      ctx[0] = 10;
      const emit = () => object.program('emit').testRun({ ctx });
      ${body}`;
    const argv = ['--input-type=module', '--eval', script];
    return promisify(execFile)(process.execPath, argv, { timeout: 20000 });
  };

  test('ends by itself with a ring that is not started, paused or unreferenced', async () => {
    await run('globalThis.ring = new RingBuffer([object.map("events")], () => {});');
    await run(
      'globalThis.ring = new RingBuffer([object.map("events")], () => {}); ring.start(); ring.pause();',
    );
    await run(
      'globalThis.ring = new RingBuffer([object.map("events")], () => {}); ring.unref(); ring.start();',
    );
  });

  test('lives as long as a started ring, and ends when it is closed', async () => {
    const { stdout } = await run(`
      const ring = new RingBuffer([object.map('events')], (bytes, length) => {
        console.log(length);
        ring.close();
      });
      ring.start();
      setImmediate(emit);`);
    expect(stdout).toBe('240\n');
  });

  test('ends in the middle of everything without a crash', async () => {
    await run(`
      object.program('exec_rawtp').attach();
      const ring = new RingBuffer([object.map('events')], () => process.exit(0));
      ring.start();
      emit();`);
  });

  test('hears of an exception of the callback as an uncaught one, and goes on', async () => {
    const { stdout } = await run(`
      let calls = 0;
      process.on('uncaughtException', (error) => { console.log(error.message); setImmediate(emit); });
      const ring = new RingBuffer([object.map('events')], () => {
        if (++calls === 1) throw new Error('mine');
        console.log('second');
        ring.close();
      });
      ring.start();
      emit();`);
    expect(stdout).toBe('mine\nsecond\n');
  });

  test('prints nothing of its own when a load is refused', async () => {
    const { stdout, stderr } = await run(`
      const other = BpfObject.open('${OBJECT}');
      for (const each of other.programs) each.autoload = each.name === 'refused_rawtp';
      try { other.load(); } catch {}`);
    expect(stdout + stderr).toBe('');
  });
});

test.each([
  ['() => 0', /^true /],
  // The callback refers to the ring, and the ring to the callback.
  ['() => ring', /^true false$/],
])('a started ring with %s keeps its object, and a closed one lets it go', (callback, said) => {
  const script = `
    import { readdirSync, readlinkSync } from 'node:fs';
    import { BpfObject, RingBuffer } from '${new URL('../dist/index.js', import.meta.url)}';
    const isMap = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd).endsWith('bpf-map'); } catch {} };
    const maps = () => readdirSync('/proc/self/fd').filter(isMap).length > 0;
    const collect = async () => {
      for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setImmediate(resolve)); }
    };
    let close = (() => {
      const object = BpfObject.open('${OBJECT}');
      for (const each of object.programs) each.autoload = each.name === 'exec_rawtp';
      object.load();
      object.program('exec_rawtp').attach();
      const ring = new RingBuffer([object.map('events')], ${callback});
      ring.start();
      const held = new WeakRef(ring);
      return () => held.deref()?.close();
    })();
    await collect();
    const started = maps();
    close();
    close = null;
    await collect();
    console.log(started, maps());
    process.exit();`;
  const argv = ['--expose-gc', '--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim()).toMatch(said);
});
