#!/usr/bin/env node
// What tcpflow costs the machine, beside its peers: `node tools/bench/tcpflow.mjs [ROUNDS]`, as root.
//
// Each round runs without a tool and with each of them, one after the other, so that what else the
// machine does hits all alike; the least of the rounds is told, since load only adds. Peers that are
// not installed, or that this kernel has no hooks for, are left out and named
// (tools/setup/packages-peers.txt).
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CONNECTIONS = Number(process.env.CONNECTIONS ?? 20_000);
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const BIN = fileURLToPath(new URL('../../packages/tcpflow/dist/bin.js', import.meta.url));
const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** Counts the same calls under the same key, as far as one line can: connects alone. */
const SCRIPT = `tracepoint:sock:inet_sock_set_state
  /args->newstate == 2 && args->protocol == 6/
  { @[pid, comm, ntop(args->daddr), args->dport] = count(); }`;

const ours = (name, ...args) => ({
  name,
  command: [process.execPath, BIN, '--no-drop', ...args],
  ready: ': tracing',
});
const WAYS = [
  { name: 'without a tool' },
  ours('tcpflow'),
  ours('tcpflow --pid 1 (filtered out)', '--pid', '1'),
  {
    ...ours('tcpflow --events -o json', '--events', '-o', 'json', '--buffer', '64M'),
    rows: 4,
    line: /^\{"type":"[ca]/,
  },
  { name: 'bpftrace, counting connects', command: ['bpftrace', '-e', SCRIPT], ready: 'Attaching' },
  {
    name: "libbpf-tools' tcptracer",
    command: ['/usr/sbin/tcptracer'],
    ready: 'PCOMM|PID',
    rows: 4,
    line: /^[CAX]/,
  },
  {
    name: "libbpf-tools' tcplife",
    command: ['/usr/sbin/tcplife'],
    ready: 'PID',
    rows: 2,
    line: /^\d/,
  },
];

const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const program = join(folder, 'connects');
const before = readFileSync(STATS, 'utf8');
try {
  const source = fileURLToPath(new URL('tcpconnect.c', import.meta.url));
  execFileSync('gcc', ['-D_GNU_SOURCE', '-O2', '-Wall', '-o', program, source]);
  const results = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const way of WAYS) {
      const known = results.get(way.name);
      if (known?.why !== undefined) continue;
      const measured = await measure(way);
      results.set(way.name, known === undefined ? measured : least(known, measured));
    }
  }
  print(results);
} finally {
  writeFileSync(STATS, before);
  rmSync(folder, { recursive: true, force: true });
}

/** Nanoseconds per connection: of the program that connects, of the tool, within BPF programs. */
async function measure(way) {
  if (way.command === undefined) return { workload: connect() };
  let tool;
  try {
    tool = await start(way);
  } catch (error) {
    return { why: error.message };
  }
  writeFileSync(STATS, '0');
  const workload = connect();
  writeFileSync(STATS, '1');
  const kernelBefore = programTime();
  connect();
  await sleep(200); // what is still in buffers belongs to it
  const kernel = (programTime() - kernelBefore) / CONNECTIONS;
  writeFileSync(STATS, '0');
  const user = (await tool.used()) / (2 * CONNECTIONS);
  const out = await tool.stop();
  if (way.rows === undefined) return { workload, kernel, user };
  const rows = out.split('\n').filter((line) => way.line.test(line)).length;
  return { workload, kernel, user, lost: 2 * CONNECTIONS * way.rows - rows };
}

function connect() {
  return Number(execFileSync(program, ['connects', String(CONNECTIONS)], { encoding: 'utf8' }));
}

function least(a, b) {
  const names = Object.keys(a);
  return Object.fromEntries(
    names.map((name) => [name, (name === 'lost' ? Math.max : Math.min)(a[name], b[name])]),
  );
}

/** Starts a tool, its output in files, since nobody reads pipes here, and waits until it is attached. */
async function start({ command: [file, ...args], ready }) {
  if (file.startsWith('/') && !existsSync(file)) throw new Error('not installed');
  const paths = ['out', 'err'].map((name) => join(folder, name));
  const fds = paths.map((path) => openSync(path, 'w'));
  // Line by line, or a peer says nothing before its end.
  const child = spawn('stdbuf', ['-oL', file, ...args], { stdio: ['ignore', ...fds] });
  for (const fd of fds) closeSync(fd);
  let running = true;
  const ended = new Promise((resolve) => child.once('close', resolve)).then(() => {
    running = false;
  });
  const said = () => paths.map((path) => readFileSync(path, 'utf8')).join('\n');
  while (!new RegExp(ready).test(said())) {
    await sleep(20);
    if (!running) throw new Error(said().trim().split('\n').at(-1) || 'not installed');
  }
  if (file === 'bpftrace') await sleep(1000); // says so before it is attached
  const usedBefore = cpuNs(child.pid);
  return {
    /** Processor time since it was attached, once it has caught up. */
    async used() {
      let used = cpuNs(child.pid);
      for (let last = -1; used > last; used = cpuNs(child.pid)) {
        last = used;
        await sleep(500);
      }
      return used - usedBefore;
    },
    async stop() {
      child.kill('SIGINT');
      await ended;
      return readFileSync(paths[0], 'utf8');
    },
  };
}

/** Processor time of a process, the kernel's on its behalf included, in nanoseconds. */
function cpuNs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e9) / TICKS_PER_S;
}

/** Time in all BPF programs that anybody has loaded, in nanoseconds. */
function programTime() {
  const seen = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let fds = [];
    try {
      fds = readdirSync(`/proc/${pid}/fdinfo`);
    } catch {
      continue; // it has ended, or is a thread of the kernel
    }
    for (const fd of fds) {
      let info = '';
      try {
        info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
      } catch {
        continue;
      }
      const [, id] = /^prog_id:\s+(\d+)/m.exec(info) ?? [];
      const [, time] = /^run_time_ns:\s+(\d+)/m.exec(info) ?? [];
      if (id !== undefined && time !== undefined) seen.set(id, Number(time));
    }
  }
  return [...seen.values()].reduce((sum, ns) => sum + ns, 0);
}

function print(results) {
  const [cpu] = cpus();
  console.log(
    `${cpu?.model}, ${cpus().length} processors, Linux ${release()}; ${CONNECTIONS} connections, best of ${rounds}`,
  );
  console.log('nanoseconds per connection: connect, accept and close of both ends');
  console.log(row('', 'the program', 'more', 'BPF programs', 'the tool', 'rows lost'));
  const base = results.get('without a tool').workload;
  for (const [name, { workload, kernel, user, lost, why }] of results) {
    if (why !== undefined) {
      console.log(`${name.padEnd(34)} left out: ${why}`);
      continue;
    }
    const cells = [workload, workload - base, kernel, user].map((ns) =>
      ns === undefined ? '' : Math.round(ns),
    );
    console.log(row(name, ...cells, lost ?? ''));
  }
}

function row(name, ...cells) {
  return name.padEnd(34) + cells.map((cell) => String(cell).padStart(13)).join('');
}
