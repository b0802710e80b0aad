#!/usr/bin/env node
// What tc-tracker costs per packet: `node tools/bench/tc-tracker.mjs [ROUNDS]`, as root.
//
// Two network namespaces with a cable between them, made for this and removed. Each round sends the same
// bytes without a tracer and with each of them, one after the other, so that what else the machine does
// hits all alike; told are the medians of each and of the ratios within a round. bpftrace sums the same
// bytes and packets per session at tracepoints; it can be at no tc hook.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../packages/bpf-core/dist/index.js';
import { compiled } from '../testing/compiled.mjs';

const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const path = (relative) =>
  fileURLToPath(new URL(`../../packages/tc-tracker/${relative}`, import.meta.url));
const BIN = path('dist/bin.js');
const CLIENT = compiled(path('test/workload/client.c'));
const [CLIENT_NS, SERVER_NS] = ['c', 's'].map((end) => `bench${process.pid}${end}`);
const HOSTS = ['10.77.0.2'];
const PORT = '8080';

/** What is sent, in connections and bytes of each. */
const LOADS = [
  { name: 'bulk', connections: 1, bytes: 1_500_000_000, gso: true },
  { name: 'bulk, without GSO', connections: 1, bytes: 200_000_000, gso: false },
  // Few enough that all rounds together have ports of their own: none waits for one in TIME_WAIT.
  { name: 'small sessions', connections: 1000, bytes: 100, gso: true },
];

const SCRIPT = `
tracepoint:net:net_dev_queue, tracepoint:net:netif_receive_skb {
  $skb = (struct sk_buff *)args->skbaddr;
  $ip = (struct iphdr *)($skb->head + $skb->network_header);
  if ($ip->protocol == 6) {
    $tcp = (struct tcphdr *)($skb->head + $skb->network_header + 20);
    @bytes[$ip->saddr, $ip->daddr, $tcp->source, $tcp->dest] = sum(args->len);
    @packets[$ip->saddr, $ip->daddr, $tcp->source, $tcp->dest] = count();
  }
}`;

const tool = (hook) => ({
  name: `tc-tracker --hook ${hook}`,
  command: [process.execPath, BIN, '--netns', CLIENT_NS, '--hook', hook, '-o', 'json'],
  ready: ': tracing',
});
const TRACERS = [
  tool('tcx'),
  tool('clsact'),
  {
    name: 'bpftrace',
    command: ['bpftrace', '-q', '-e', `BEGIN { printf("ready\\n"); } ${SCRIPT}`],
    ready: 'ready',
  },
];

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    removeNamespaces();
    process.exit(1);
  });
}

const rounds = Number(process.argv[2] ?? 7);
try {
  connectNamespaces();
  const server = spawnInside(SERVER_NS, [process.execPath, path('test/workload/server.mjs'), PORT]);
  await said(server, 'ready');
  const [cpu] = cpus();
  console.log(`${cpu?.model}, ${cpus().length} processors, Linux ${release()}; ${rounds} rounds`);
  printWarm();
  for (const load of LOADS) await compare(load);
  server.kill('SIGKILL');
} finally {
  removeNamespaces();
}

async function compare(load) {
  for (const name of [CLIENT_NS, SERVER_NS])
    ip('-n', name, 'link', 'set', 'cable', 'gso_max_segs', load.gso ? '65535' : '1');
  const tracers = TRACERS.filter(({ command }) => command[0] !== 'bpftrace' || hasBpftrace());
  const results = tracers.map(() => ({ ratios: [], seconds: [] }));
  const plain = [];
  transfer(load);
  for (let round = 0; round < rounds; round++) {
    const without = transfer(load);
    plain.push(without);
    for (const [i, tracer] of tracers.entries()) {
      const running = await start(tracer);
      const seconds = transfer(load);
      await running.stop();
      results[i].seconds.push(seconds);
      results[i].ratios.push(seconds / without);
    }
  }
  console.log(
    `\n${load.name}`.padEnd(26) + ['rate', 'time, ratio', 'ns/skb', 'skbs'].map(cell).join(''),
  );
  console.log('without'.padEnd(25) + cell(rateOf(load, median(plain))) + cell('1.00'));
  for (const [i, tracer] of tracers.entries()) {
    const { ns, runs } = await kernelTime(tracer, load);
    const { seconds, ratios } = results[i];
    const cells = [
      rateOf(load, median(seconds)),
      median(ratios).toFixed(2),
      Math.round(ns / runs),
      runs,
    ];
    console.log(tracer.name.padEnd(25) + cells.map(cell).join(''));
  }
}

/** A packet of a session that is known, without the stack around it: the kernel runs the program alone. */
function printWarm() {
  const object = BpfObject.open(path('bpf/tc-tracker.bpf.o'));
  for (const each of object.programs) each.autoload = each.name.endsWith('_clsact');
  object.setGlobal('cfg_netns', 1);
  object.load();
  const data = Buffer.alloc(14 + 20 + 20);
  data.writeUInt16BE(0x0800, 12);
  data.writeUInt8(0x45, 14); // IPv4 without options
  data.writeUInt16BE(40, 16);
  data.writeUInt8(6, 23); // TCP
  data.writeUInt8(0x50, 46); // without options
  const times = ['in', 'out'].map((way) => {
    const program = object.program(`tc_tracker_${way}_clsact`);
    const runs = Array.from({ length: 9 }, () => program.testRun({ data, repeat: 200_000 }));
    return Math.min(...runs.map(({ durationNs }) => durationNs));
  });
  object.close();
  console.log(`one session, warm: ${times[0]} ns per packet that arrives, ${times[1]} that leaves`);
}

function rateOf({ connections, bytes }, seconds) {
  return connections === 1
    ? `${((bytes * 8) / seconds / 1e9).toFixed(2)} Gbit/s`
    : `${Math.round(connections / seconds)}/s`;
}

/** Seconds that a load takes. */
function transfer({ connections, bytes }) {
  const begun = process.hrtime.bigint();
  const args = [PORT, String(connections), String(bytes), ...HOSTS];
  execFileSync('ip', ['netns', 'exec', CLIENT_NS, CLIENT, ...args]);
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

/** Time inside the tracer's programs, as the kernel's own statistics have it. */
async function kernelTime(tracer, load) {
  const before = readFileSync(STATS, 'utf8');
  const running = await start(tracer);
  try {
    writeFileSync(STATS, '1');
    transfer(load);
    return programTime(running.pid);
  } finally {
    writeFileSync(STATS, before);
    await running.stop();
  }
}

function programTime(pid) {
  const seen = new Set();
  let ns = 0;
  let runs = 0;
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const id = /^prog_id:\s+(\d+)/m.exec(info)?.[1];
    const time = /^run_time_ns:\s+(\d+)/m.exec(info)?.[1];
    if (time === undefined || seen.has(id)) continue;
    seen.add(id);
    ns += Number(time);
    runs += Number(/^run_cnt:\s+(\d+)/m.exec(info)?.[1]);
  }
  return { ns, runs };
}

async function start({ command: [program, ...args], ready }) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await said(child, ready);
  child.stdout.resume();
  child.stderr.resume();
  return {
    pid: child.pid,
    stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

async function said(child, words) {
  let text = '';
  await new Promise((resolve, reject) => {
    const take = (data) => {
      text += data;
      if (text.includes(words)) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', () => reject(new Error(text)));
  });
}

function connectNamespaces() {
  for (const name of [CLIENT_NS, SERVER_NS]) ip('netns', 'add', name);
  const to = ['peer', 'name', 'cable', 'netns', SERVER_NS];
  ip('link', 'add', 'cable', 'netns', CLIENT_NS, 'type', 'veth', ...to);
  for (const [i, name] of [CLIENT_NS, SERVER_NS].entries()) {
    ip('-n', name, 'address', 'add', `10.77.0.${i + 1}/24`, 'dev', 'cable');
    ip('-n', name, 'link', 'set', 'cable', 'up');
    // Enough ports for small sessions one after the other.
    const ports = ['net.ipv4.tcp_tw_reuse=1', 'net.ipv4.ip_local_port_range=1024 65535'];
    ip('netns', 'exec', name, 'sysctl', '-qw', ...ports);
  }
}

function removeNamespaces() {
  for (const name of [CLIENT_NS, SERVER_NS]) quietly(() => ip('netns', 'delete', name));
}

function spawnInside(namespace, command) {
  return spawn('ip', ['netns', 'exec', namespace, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function hasBpftrace() {
  return quietly(() => execFileSync('bpftrace', ['--version'])) !== undefined;
}

function ip(...args) {
  execFileSync('ip', args);
}

function quietly(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function cell(value) {
  return String(value).padStart(14);
}
