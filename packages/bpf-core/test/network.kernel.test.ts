// Programs on network interfaces, in a network namespace of the test's own.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import {
  BpfProgram,
  features,
  InterfaceMonitor,
  inNetns,
  interfaces,
  LoadedProgram,
  removeTcFilter,
  type TcPlace,
  tcFilters,
} from '../src/index.js';
import { hits, loadOnly, needKernel, OBJECT, outcome } from './support.js';

const NAME = `imagesnoop${process.pid}`;
const NETNS = `/run/netns/${NAME}`;
const ip = (...args: string[]) => execFileSync('ip', args, { encoding: 'utf8' });
const inside = (...args: string[]) => ip('netns', 'exec', NAME, ...args);

beforeEach((context) => {
  needKernel(context);
  ip('netns', 'add', NAME);
  inside('ip', 'link', 'set', 'lo', 'up');
});

afterEach(() => {
  if (existsSync(NETNS)) ip('netns', 'del', NAME);
});

const LOOPBACK = 1;
const PACKETS = 11;
/** Sends that many packets through loopback, which nobody answers, and waits until all are there. */
const send = () => {
  const script = `
    const socket = require('dgram').createSocket('udp4');
    let left = ${PACKETS};
    socket.on('message', () => --left || socket.close());
    socket.bind(0, '127.0.0.1', () => {
      for (let i = 0; i < ${PACKETS}; i++) socket.send('x', socket.address().port, '127.0.0.1');
    });`;
  inside(process.execPath, '-e', script);
};
const filters = () => inside('tc', 'filter', 'show', 'dev', 'lo', 'ingress');
const qdiscs = () => inside('tc', 'qdisc', 'show', 'dev', 'lo');

const PLACE = { ifindex: LOOPBACK, direction: 'ingress', handle: 7, priority: 49151 } as const;

/** A process attaches a filter and is killed. */
function leaveFilter(place: TcPlace): void {
  const script = `
    import { BpfObject } from '${new URL('../dist/index.js', import.meta.url)}';
    const object = BpfObject.open('${OBJECT}');
    for (const each of object.programs) each.autoload = each.name === 'packet_tc';
    object.load();
    object.program('packet_tc').attachTc(${JSON.stringify(place)});
    process.kill(process.pid, 'SIGKILL');`;
  outcome(() => inside(process.execPath, '--input-type=module', '--eval', script));
}

test('the thread comes back from a namespace, also from a failure', () => {
  const links = () => execFileSync('ls', ['/sys/class/net'], { encoding: 'utf8' });
  const before = links();
  expect(inNetns(NETNS, () => 42)).toBe(42);
  expect(() =>
    inNetns(NETNS, () => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(links()).toBe(before);
  expect(outcome(() => inNetns('/nonexistent', () => 0))).toBe('BPF_NETNS_FAILED');
  expect(outcome(() => inNetns('/proc/self/ns/mnt', () => 0))).toBe('BPF_NETNS_FAILED');
});

test('tcx sees each packet, and its link leaves with it', (context) => {
  requireKernel(context, features.supportsTcx() ? null : 'needs tcx, Linux 6.6');
  using object = loadOnly('packet_tcx');
  const link = inNetns(NETNS, () => object.program('packet_tcx').attachTcx({ ifindex: LOOPBACK }));
  send();
  expect(hits(object)).toBe(PACKETS);
  link.close();
  send();
  expect(hits(object)).toBe(PACKETS);
});

test('xdp sees each packet', () => {
  using object = loadOnly('packet_xdp');
  const link = inNetns(NETNS, () => object.program('packet_xdp').attachXdp(LOOPBACK));
  send();
  expect(hits(object)).toBe(PACKETS);
  link.close();
  send();
  expect(hits(object)).toBe(PACKETS);
});

describe('clsact', () => {
  test('sees each packet, and leaves neither filter nor qdisc', () => {
    using object = loadOnly('packet_tc');
    const link = inNetns(NETNS, () => object.program('packet_tc').attachTc(PLACE));
    expect(filters()).toContain('packet_tc');
    send();
    expect(hits(object)).toBe(PACKETS);
    // Closed from outside: the link knows its namespace.
    link.close();
    link.close();
    expect(filters()).toBe('');
    expect(qdiscs()).not.toContain('clsact');
  });

  test('one process attaches, another adopts it and takes it down', () => {
    using object = loadOnly('packet_tc');
    const program = object.program('packet_tc');
    const made = inNetns(NETNS, () => program.attachTc(PLACE));
    const other = new LoadedProgram(program.info().id);
    const missing = () => other.adoptTc({ ...PLACE, priority: PLACE.priority + 1 });
    expect(outcome(() => inNetns(NETNS, missing))).toBe('BPF_ATTACH_FAILED');
    const adopted = inNetns(NETNS, () => other.adoptTc({ ...PLACE, handleOfOurs: PLACE.handle }));
    made.disown();
    made.close();
    send();
    expect(hits(object)).toBe(PACKETS);
    adopted.close();
    expect(filters()).toBe('');
    expect(qdiscs()).not.toContain('clsact');
    other.close();
  });

  test('both directions share the qdisc until the last is gone', () => {
    using object = loadOnly('packet_tc');
    const program = object.program('packet_tc');
    const [one, two] = inNetns(NETNS, () => [
      program.attachTc(PLACE),
      program.attachTc({ ...PLACE, direction: 'egress' }),
    ]);
    send();
    expect(hits(object)).toBe(2 * PACKETS);
    one?.close();
    expect(qdiscs()).toContain('clsact');
    two?.close();
    expect(qdiscs()).not.toContain('clsact');
  });

  test('a qdisc and filters of others stay', () => {
    inside('tc', 'qdisc', 'add', 'dev', 'lo', 'clsact');
    using object = loadOnly('packet_tc');
    const program = object.program('packet_tc');
    inNetns(NETNS, () => program.attachTc(PLACE)).close();
    expect(qdiscs()).toContain('clsact');
    inside('tc', 'qdisc', 'del', 'dev', 'lo', 'clsact');

    const link = inNetns(NETNS, () => program.attachTc(PLACE));
    leaveFilter({ ...PLACE, handle: 8 });
    link.close();
    expect(filters()).toMatch(/handle 0x8 packet_tc/);
    expect(filters()).not.toMatch(/handle 0x7/);
  });

  test('a place that another program has is refused and left alone', () => {
    using object = loadOnly('packet_tc', 'packet_tcx');
    const other = inNetns(NETNS, () => object.program('packet_tcx').attachTc(PLACE));
    const attach = () => inNetns(NETNS, () => object.program('packet_tc').attachTc(PLACE));
    expect(outcome(attach)).toBe('BPF_TC_OCCUPIED');
    expect(inNetns(NETNS, () => BpfProgram.removeTc(PLACE, 'packet_tc'))).toBe(false);
    expect(filters()).toContain('packet_tcx');
    other.close();
  });

  test('what a killed process left behind is replaced, or removed by name', () => {
    leaveFilter(PLACE);
    expect(filters()).toContain('packet_tc');
    using object = loadOnly('packet_tc');
    const link = inNetns(NETNS, () => object.program('packet_tc').attachTc(PLACE));
    send();
    expect(hits(object)).toBe(PACKETS);
    link.close();
    expect(filters()).toBe('');
    leaveFilter(PLACE);
    expect(inNetns(NETNS, () => BpfProgram.removeTc(PLACE, 'packet_tc'))).toBe(true);
    expect(filters()).toBe('');
    expect(inNetns(NETNS, () => BpfProgram.removeTc(PLACE, 'packet_tc'))).toBe(false);
  });

  test.each([
    ['no interface', { ...PLACE, ifindex: 0 }, 'BPF_INVALID_ARGUMENT'],
    ['an unknown direction', { ...PLACE, direction: 'up' as never }, 'BPF_INVALID_ARGUMENT'],
    ['no handle', { ...PLACE, handle: 0 }, 'BPF_INVALID_ARGUMENT'],
    ['an interface that is not there', { ...PLACE, ifindex: 9999 }, 'BPF_ATTACH_FAILED'],
  ])('%s is refused', (_, place, code) => {
    using object = loadOnly('packet_tc');
    expect(outcome(() => inNetns(NETNS, () => object.program('packet_tc').attachTc(place)))).toBe(
      code,
    );
  });
});

test('interfaces are those of the namespace, and their changes are told', async () => {
  expect(inNetns(NETNS, interfaces)).toEqual([{ index: LOOPBACK, name: 'lo', up: true }]);
  let tell = () => {};
  const monitor = inNetns(NETNS, () => new InterfaceMonitor(() => tell()));
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  inside('ip', 'link', 'add', 'new0', 'type', 'veth', 'peer', 'name', 'new1');
  // The monitor alone keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  await told;
  clearInterval(alive);
  monitor.close();
  monitor.close();
  expect(inNetns(NETNS, interfaces)).toMatchObject([
    { name: 'lo', up: true },
    { name: 'new1', up: false },
    { name: 'new0', up: false },
  ]);
});

test('a program is attached by its id, and its filters are found', () => {
  using object = loadOnly('packet_tc');
  const program = new LoadedProgram(object.program('packet_tc').info().id);
  expect(program.name).toBe('packet_tc');
  inNetns(NETNS, () => program.attachTc({ ...PLACE, handleOfOurs: 9 }));
  send();
  expect(hits(object)).toBe(PACKETS);
  // The qdisc was not there before, so the handle says that it is ours.
  const found = inNetns(NETNS, () => tcFilters(LOOPBACK, 'ingress'));
  const { id } = object.program('packet_tc').info();
  expect(found).toEqual([
    { priority: PLACE.priority, handle: 9, programId: id, name: 'packet_tc' },
  ]);
  expect(inNetns(NETNS, () => tcFilters(LOOPBACK, 'egress'))).toEqual([]);
  expect(inNetns(NETNS, () => removeTcFilter({ ...PLACE, handle: 9 }, 'other', true))).toBe(false);
  expect(inNetns(NETNS, () => removeTcFilter({ ...PLACE, handle: 9 }, 'packet_tc', true))).toBe(
    true,
  );
  expect(qdiscs()).not.toContain('clsact');
  program.close();
  program.close();
  expect(outcome(() => program.attachTc(PLACE))).toBe('BPF_CLOSED');
  expect(outcome(() => new LoadedProgram(0x7fff_ffff))).toBe('BPF_NO_SUCH_PROGRAM');
});
