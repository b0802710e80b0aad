// The readers of event.ts against the structs as the compiler laid them out.
import { readFileSync } from 'node:fs';
import { BpfObject } from '@imagesnoop/bpf-core';
import { Cursor, Layout } from '@imagesnoop/loader';
import { expect, test } from 'vitest';
import { Arguments } from '../src/arguments.js';
import { execReaders, exitReaders, FLAG, processId } from '../src/event.js';
import { exitCode, exitSignal } from '../src/exit-status.js';

const object = BpfObject.open(readFileSync(new URL('../bpf/execsnoop.bpf.o', import.meta.url)));

function layoutOf(name: string): Layout {
  const struct = object.struct(name);
  if (struct === undefined) throw new Error(`the object has no struct ${name}`);
  return new Layout(struct);
}

const layout = layoutOf('exec_event');
const texts = ['./x', '/usr/bin/x', '/home', 'x\0--token=abc\0\0'] as const;

function record(flags = 0): Cursor {
  const bytes = Buffer.alloc(layout.size + texts.join('').length);
  const put = (name: string, value: number, size = 4) =>
    bytes.writeUIntLE(value, layout.offsetOf(name), size);
  put('header.type', 1);
  put('header.pid', 77);
  bytes.writeBigUInt64LE(5_000_000_001n, layout.offsetOf('start_boot_ns'));
  bytes.writeInt32LE(-2, layout.offsetOf('ret'));
  put('flags', flags);
  put('filename_length', texts[0].length, 2);
  put('exe_length', texts[1].length, 2);
  put('cwd_length', texts[2].length, 2);
  put('argv_length', texts[3].length);
  bytes.write('sh\0', layout.offsetOf('caller_comm'));
  bytes.write(texts.join(''), layout.size);
  return Cursor.over(bytes);
}

test('each field of an exec is read where the compiler put it', () => {
  const read = execReaders(layout);
  const at = record(FLAG.script);
  const text = ({ start, end }: typeof read.exe) => at.buffer.toString('utf8', start(at), end(at));
  expect([read.filename, read.exe, read.cwd, read.argv].map(text)).toEqual([...texts]);
  expect([read.type(at), read.ret(at), read.flags(at)]).toEqual([1, -2, FLAG.script]);
  expect(read.callerComm(at)).toBe('sh');
  expect(processId(read, at)).toBe('77-5000000001');
});

test('each field of an exit, and what both have at one place', () => {
  const exit = layoutOf('exit_event');
  expect(exit.offsetOf('start_boot_ns')).toBe(layout.offsetOf('start_boot_ns'));
  const bytes = Buffer.alloc(exit.size);
  bytes.writeBigUInt64LE(123n, exit.offsetOf('duration_ns'));
  bytes.writeUInt32LE(0x2a00, exit.offsetOf('status'));
  const read = exitReaders(exit);
  expect(read.durationNs(Cursor.over(bytes))).toBe(123);
  expect(exitCode(read.status(Cursor.over(bytes)))).toBe(42);
});

test.each([
  [0, 0, null],
  [0x0100, 1, null],
  [9, null, 'SIGKILL'],
  [0x80 | 11, null, 'SIGSEGV'],
  [40, null, 'SIG40'],
])('status %i is code %s, signal %s', (status, code, signal) => {
  expect([exitCode(status), exitSignal(status)]).toEqual([code, signal]);
});

test.each([
  [{}, 'x\0--token=<redacted>\0\0', 3, false],
  [{ showSecrets: true }, 'x\0--token=abc\0\0', 3, false],
  [{ maxArgs: 1 }, 'x\0', 3, true],
  [{ maxArgs: 0 }, '', 3, true],
])('arguments with %j', (options, expected, count, cut) => {
  const args = new Arguments(execReaders(layout), options);
  const at = record();
  const { u8, start, end } = args.run(at);
  expect(Buffer.from(u8.subarray(start, end)).toString()).toBe(expected);
  expect([args.count(at), args.isCut(at)]).toEqual([count, cut]);
});

test('how many arguments there were is unknown when they were cut', () => {
  const args = new Arguments(execReaders(layout), {});
  expect([args.count(record(FLAG.argvCut)), args.isCut(record(FLAG.argvCut))]).toEqual([
    null,
    true,
  ]);
});
