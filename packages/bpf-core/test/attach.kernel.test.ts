import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { lacksVersion, requireKernel } from '../../../tools/testing/kernel.js';
import { type BpfProgram, Btf, type Link } from '../src/index.js';
import { hits, loadOnly, needKernel, outcome } from './support.js';

beforeEach(needKernel);

const exec = () => execFileSync('true');

/** Runs `act` with a program attached; then detached, the same must leave no trace. */
function counts(name: string, attach: (program: BpfProgram) => Link, act: () => void): number {
  using object = loadOnly(name);
  const link = attach(object.program(name));
  act();
  const seen = hits(object);
  link.close();
  const before = hits(object);
  act();
  expect(hits(object)).toBe(before);
  return seen;
}

describe('tracing', () => {
  test.each<[string, (program: BpfProgram) => Link]>([
    ['exec_tpbtf', (program) => program.attach()],
    ['exec_tpbtf', (program) => program.attachTrace()],
    ['exec_rawtp', (program) => program.attach()],
    ['exec_rawtp', (program) => program.attachRawTracepoint('sched_process_exec')],
  ])('%s sees a program start (%#)', (name, attach) => {
    expect(counts(name, attach, exec)).toBeGreaterThanOrEqual(1);
  });

  test('a raw tracepoint takes a cookie, and a program twice', (context) => {
    requireKernel(context, lacksVersion(6, 10));
    using object = loadOnly('exec_rawtp');
    const program = object.program('exec_rawtp');
    const links = [1n, 2n].map((cookie) =>
      program.attachRawTracepoint('sched_process_exec', cookie),
    );
    expect(new Set(links.map(({ id }) => id)).size).toBe(2);
    exec();
    expect(hits(object)).toBeGreaterThanOrEqual(2);
  });

  test.each<[string, (program: BpfProgram) => Link]>([
    ['by its section', (program) => program.attach()],
    ['by name', (program) => program.attachTracepoint('syscalls', 'sys_enter_getpriority')],
  ])('a tracepoint is attached %s and counts exactly', (_, attach) => {
    using object = loadOnly('priority_tp');
    attach(object.program('priority_tp'));
    for (let i = 0; i < 101; i++) getPriority();
    expect(hits(object)).toBe(101);
  });

  test('what is not there is told with errno and name', () => {
    using object = loadOnly('priority_tp', 'exec_rawtp');
    expect(() => object.program('priority_tp').attachTracepoint('syscalls', 'nope')).toThrow(
      /cannot attach program priority_tp to tracepoint syscalls\/nope: ENOENT/,
    );
    expect(outcome(() => object.program('exec_rawtp').attachRawTracepoint('nope'))).toBe(
      'BPF_ATTACH_FAILED',
    );
  });

  test('a link has an id of its own, and its end leaves the others', () => {
    using object = loadOnly('exec_rawtp', 'exec_tpbtf');
    const one = object.program('exec_rawtp').attach();
    const two = object.program('exec_tpbtf').attach();
    expect(one.id).toBeGreaterThan(0);
    expect(two.id).not.toBe(one.id);
    one.close();
    expect(outcome(() => one.id)).toBe('BPF_CLOSED');
    exec();
    expect(hits(object)).toBeGreaterThan(0);
  });

  test('a uprobe sees calls of a function of a library', (context) => {
    using object = loadOnly('any_uprobe');
    const options = { pid: 0, path: 'libc.so.6', function: 'getpriority', retprobe: false };
    let link: Link;
    try {
      link = object.program('any_uprobe').attachUprobe(options);
    } catch (error) {
      requireKernel(context, `uprobes are refused here: ${(error as Error).message}`);
      return;
    }
    for (let i = 0; i < 53; i++) getPriority();
    expect(hits(object)).toBe(53);
    link.close();
  });

  test('a kprobe sees a directory being made, or the kernel says why not', () => {
    using object = loadOnly('mkdir_kprobe');
    const program = object.program('mkdir_kprobe');
    let link: Link;
    try {
      link = program.attachKprobe({ function: 'do_mkdirat', retprobe: false });
    } catch (error) {
      expect(error).toMatchObject({ code: 'BPF_ATTACH_FAILED', errno: expect.any(Number) });
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'imagesnoop-kprobe-'));
    rmdirSync(folder);
    expect(hits(object)).toBeGreaterThan(0);
    link.close();
  });

  test('an fentry program attaches, or the kernel says why not', () => {
    const attach = () => {
      using object = loadOnly('mkdir_fentry');
      object.program('mkdir_fentry').attach();
    };
    expect(outcome(attach)).toMatch(/^(fine|BPF_LOAD_REJECTED|BPF_ATTACH_FAILED)$/);
  });

  test('a target is checked against the kernel’s BTF', () => {
    using object = loadOnly();
    expect(outcome(() => object.program('mkdir_fentry').setAttachTarget('vfs_mkdir'))).toBe(
      'BPF_ALREADY_LOADED',
    );
  });
});

test('an iterator writes an element for each thread', () => {
  using object = loadOnly('task_iter');
  const pids = (link: Link) => {
    const bytes = link.readIter();
    const ids = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return [...ids].filter((_, index) => index % 2 === 0);
  };
  const program = object.program('task_iter');
  const all = program.attachIter();
  expect(pids(all)).toContain(process.pid);
  expect(pids(all)).toContain(process.ppid);
  const own = program.attachIter({ pid: process.pid });
  expect(new Set(pids(own))).toEqual(new Set([process.pid]));
  all.close();
  expect(outcome(() => all.readIter())).toBe('BPF_CLOSED');
});

/** A cgroup v2 folder of our own, or why there is none. */
function makeCgroup(): { folder: string } | { lack: string } {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const root = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
  if (root === undefined) return { lack: 'needs cgroup v2, which is not mounted' };
  const folder = join(root, `imagesnoop-test-${process.pid}`);
  const made = outcome(() => mkdirSync(folder));
  return made === 'fine' ? { folder } : { lack: `needs a writable cgroup v2 (${made})` };
}

test('a cgroup program sees the connections of a process inside', (context) => {
  const cgroup = makeCgroup();
  if ('lack' in cgroup) return requireKernel(context, cgroup.lack);
  using object = loadOnly('connect_cgroup');
  const connect = () => {
    const script = `
      require('fs').writeFileSync('${cgroup.folder}/cgroup.procs', '0');
      for (let i = 0; i < 5; i++) require('net').connect(1, '127.0.0.1').on('error', () => {});`;
    execFileSync(process.execPath, ['-e', script]);
  };
  const program = object.program('connect_cgroup');
  try {
    const link = program.attachCgroup(cgroup.folder);
    connect();
    expect(hits(object)).toBe(5);
    link.close();
    connect();
    expect(hits(object)).toBe(5);
    expect(outcome(() => program.attachCgroup('/nonexistent'))).toBe('BPF_ATTACH_FAILED');
    expect(outcome(() => program.attachCgroup(-1))).toBe('BPF_INVALID_ARGUMENT');
  } finally {
    rmdirSync(cgroup.folder);
  }
});

test('a program tells what it is in the kernel', () => {
  using object = loadOnly('exec_rawtp');
  const info = object.program('exec_rawtp').info();
  expect(info).toMatchObject({ id: expect.any(Number), tag: expect.stringMatching(/^\w{16}$/) });
  expect(info.xlatedBytes).toBeGreaterThan(0);
  expect(typeof info.runCount).toBe('bigint');
  expect(outcome(() => object.program('packet_tc').info())).toBe('BPF_NOT_LOADED');
});

test('a packet program runs on a given packet', () => {
  using object = loadOnly('packet_xdp');
  const result = object.program('packet_xdp').testRun({ data: new Uint8Array(64), repeat: 3 });
  expect(result).toMatchObject({ result: 2, data: expect.objectContaining({ length: 64 }) });
  expect(hits(object)).toBe(3);
  expect(outcome(() => object.program('packet_xdp').testRun({ data: new Uint8Array(1) }))).toBe(
    'BPF_TEST_RUN_FAILED',
  );
});

test('a refused program is told with the reason and the whole log', () => {
  expect(() => loadOnly('refused_rawtp')).toThrow(
    expect.objectContaining({
      code: 'BPF_LOAD_REJECTED',
      program: 'refused_rawtp',
      errno: 13,
      message: expect.stringMatching(/program refused_rawtp: EACCES: .+ \(\d+ lines omitted\)$/),
      log: expect.stringContaining('processed'),
    }),
  );
});

test('the kernel’s BTF knows functions, tracepoints and structs', () => {
  using btf = Btf.kernel();
  expect(btf.hasTracepoint('sched_process_exec')).toBe(true);
  expect(btf.hasTracepoint('nope')).toBe(false);
  expect(btf.func('vfs_mkdir')?.params).toBeGreaterThan(2);
  expect(btf.func('nope')).toBeUndefined();
  expect(btf.struct('path')?.fields.map((field) => field.name)).toEqual(['mnt', 'dentry']);
  btf.close();
  expect(outcome(() => btf.func('vfs_mkdir'))).toBe('BPF_CLOSED');
  expect(outcome(() => Btf.fromFile('/nonexistent'))).toBe('BPF_BTF_FAILED');
});
