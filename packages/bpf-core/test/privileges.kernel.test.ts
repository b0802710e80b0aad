// Giving up privileges cannot be undone, so each test does it in a process of its own.
import { execFileSync } from 'node:child_process';
import { beforeEach, expect, test } from 'vitest';
import { needEmit, OBJECT } from './support.js';

beforeEach(needEmit);

/** Runs a script that has dropped to nobody, and returns what it prints as JSON. */
function dropped(body: string, options = '{ uid: 65534, gid: 65534 }'): Record<string, unknown> {
  const script = `
    import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
    import { execFileSync } from 'node:child_process';
    import { promises as files } from 'node:fs';
    import { createServer } from 'node:net';
    import { Worker } from 'node:worker_threads';
    import { BpfObject, RingBuffer, privileges } from '${new URL('../dist/index.js', import.meta.url)}';
    const object = BpfObject.open('${OBJECT}');
    for (const each of object.programs) each.autoload = /^(emit|exec_rawtp)$/.test(each.name);
    object.load();
    const link = object.program('exec_rawtp').attach();
    const table = object.map('table');
    table.update(1, 42);
    let bytes = 0;
    const ring = new RingBuffer([object.map('events')], (_, length) => { bytes += length; });
    const ctx = new Uint8Array(16);
    ctx[0] = 10;
    object.program('emit').testRun({ ctx });
    const before = privileges.capabilities().size;
    // A worker made before, whose thread must lose its privileges too.
    const worker = new Worker(
      "import { parentPort } from 'worker_threads'; import fs from 'fs';" +
      "parentPort.on('message', () => { let got = 'read'; try { fs.readFileSync('/etc/shadow') }" +
      " catch (error) { got = error.code } parentPort.postMessage(got) })", { eval: true });
    await new Promise((resolve) => worker.once('online', resolve));
    await files.readFile('/etc/shadow');
    privileges.drop(${options});
    const code = (run) => { try { run(); return 'fine'; } catch (error) { return error.code ?? String(error); } };
    const asked = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage('go');
    const result = { before, inWorker: await asked };
    await worker.terminate();
    ${body}
    console.log(JSON.stringify(result));
    process.exit(0);`;
  const argv = ['--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8', timeout: 20000 }));
}

test('every thread becomes nobody without capabilities and with the filter', () => {
  const result = dropped(`
    const field = (thread, name) =>
      new RegExp('^' + name + ':[ \\\\t]*(.*)$', 'm').exec(
        readFileSync('/proc/self/task/' + thread + '/status', 'utf8'))[1];
    const threads = readdirSync('/proc/self/task');
    result.threads = threads.length;
    for (const name of ['Uid', 'CapEff', 'CapPrm', 'Seccomp', 'NoNewPrivs', 'Groups']) {
      result[name] = [...new Set(threads.map((thread) => field(thread, name)))];
    }
    result.main = code(() => readFileSync('/etc/shadow'));
    result.pool = await files.readFile('/etc/shadow').then(() => 'fine', (error) => error.code);
    result.after = privileges.capabilities().size;`);
  expect(result).toMatchObject({
    Uid: ['65534\t65534\t65534\t65534'],
    CapEff: ['0000000000000000'],
    CapPrm: ['0000000000000000'],
    Seccomp: ['2'],
    NoNewPrivs: ['1'],
    Groups: [''],
    main: 'EACCES',
    pool: 'EACCES',
    inWorker: 'EACCES',
    after: 0,
  });
  expect(result.threads).toBeGreaterThan(4);
  expect(result.before).toBeGreaterThan(10);
});

test('what is open keeps working, and nothing new begins', () => {
  const result = dropped(`
    result.ring = ring.consume();
    result.lookup = table.lookup(1)?.[0];
    result.entries = [...table.entries()].length;
    result.update = code(() => table.update(2, 1));
    result.global = object.getGlobal('hits')?.length;
    result.exec = code(() => execFileSync('true'));
    result.emit = code(() => object.program('emit').testRun({ ctx }));
    result.attach = code(() => object.program('exec_rawtp').attach());
    const other = BpfObject.open('${OBJECT}');
    result.load = code(() => other.load());
    result.close = code(() => { link.close(); ring.close(); object.close(); });
    result.worker = await new Promise((resolve) => {
      new Worker('import { parentPort } from "worker_threads"; parentPort.postMessage("runs")', { eval: true }).once('message', resolve);
    });`);
  expect(result).toMatchObject({
    ring: 10,
    lookup: 42,
    entries: 1,
    update: 'fine',
    global: 8,
    exec: 'EPERM',
    emit: 'BPF_TEST_RUN_FAILED',
    attach: 'BPF_ATTACH_FAILED',
    load: 'BPF_LOAD_REJECTED',
    close: 'fine',
    worker: 'runs',
  });
});

test.each([
  [true, 'fine'],
  [false, 'EPERM'],
])('new sockets with sockets: %s end %s', (sockets, ended) => {
  const result = dropped(
    `result.socket = await new Promise((resolve) => {
      createServer().on('error', (error) => resolve(error.code)).listen(0, '127.0.0.1', () => resolve('fine'));
    });`,
    `{ uid: 65534, gid: 65534, sockets: ${sockets} }`,
  );
  expect(result.socket).toBe(ended);
});

test('without root there is nothing to drop to another user', () => {
  const script = `
    import { privileges } from '${new URL('../dist/index.js', import.meta.url)}';
    process.setgid(65534);
    process.setuid(65534);
    try { privileges.drop({ uid: 1, gid: 1 }); } catch (error) { console.log(error.code, error.hint !== ''); }`;
  const argv = ['--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, argv, { encoding: 'utf8' })).toBe(
    'PRIVILEGE_DROP_FAILED true\n',
  );
});
