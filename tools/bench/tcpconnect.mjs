#!/usr/bin/env node
// What tcpconnect costs the machine: `node tools/bench/tcpconnect.mjs [ROUNDS]`, as root.
//
// Each round runs without the tool and with each way of using it, one after the other, so that what
// else the machine does hits all alike; the least of the rounds is told, since load only adds.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONNECTS = 20_000;
const SYSCALLS = 2_000_000;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const BIN = fileURLToPath(new URL('../../packages/tcpconnect/dist/bin.js', import.meta.url));

const WAYS = [
  { name: 'without the tool' },
  { name: 'tcpconnect', args: [] },
  { name: 'tcpconnect --no-sync-errors', args: ['--no-sync-errors'] },
  { name: 'tcpconnect -c', args: ['-c'] },
  { name: 'tcpconnect --when both', args: ['--when', 'both'] },
  { name: 'tcpconnect --pid 1 (filtered out)', args: ['--pid', '1'] },
];

const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const program = join(folder, 'tcpconnect');
try {
  const source = fileURLToPath(new URL('tcpconnect.c', import.meta.url));
  execFileSync('gcc', ['-D_GNU_SOURCE', '-O2', '-Wall', '-o', program, source]);
  const results = WAYS.map(() => ({ connects: [], syscalls: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, way] of WAYS.entries()) {
      const tool = await start(way.args);
      results[index].connects.push(measure('connects', CONNECTS));
      results[index].syscalls.push(measure('syscalls', SYSCALLS));
      await tool?.stop();
    }
  }
  print(results);
  await printKernelTime();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(what, count) {
  return Number(execFileSync(program, [what, String(count)], { encoding: 'utf8' }));
}

/** Starts the tool and waits until it is attached. */
async function start(args) {
  if (args === undefined) return undefined;
  const options = ['--no-file', '--no-drop', '-o', 'json', ...args];
  const child = spawn(process.execPath, [BIN, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes(': tracing')) resolve();
    });
    ended.then(() => reject(new Error(said)));
  });
  return {
    pid: child.pid,
    stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

function print(results) {
  const [cpu] = cpus();
  console.log(`${cpu?.model}, ${cpus().length} processors, Linux ${release()}; best of ${rounds}`);
  console.log(row('', 'ns/connect', 'more', 'ns/getppid', 'more'));
  const best = results.map(({ connects, syscalls }) => [
    Math.min(...connects),
    Math.min(...syscalls),
  ]);
  const [base] = best;
  for (const [index, [connects, syscalls]] of best.entries()) {
    const more = [connects - base[0], syscalls - base[1]].map((ns) => Math.round(ns));
    const cells = [Math.round(connects), more[0], Math.round(syscalls), more[1]];
    console.log(row(WAYS[index].name, ...cells));
  }
}

function row(name, ...cells) {
  return name.padEnd(34) + cells.map((cell) => String(cell).padStart(12)).join('');
}

/** Time in our programs per connect, as the kernel's own statistics have it. */
async function printKernelTime() {
  const before = readFileSync(STATS, 'utf8');
  const tool = await start([]);
  try {
    writeFileSync(STATS, '1');
    measure('connects', CONNECTS);
    const [ns, runs] = programTime(tool.pid);
    console.log(
      `in BPF programs: ${Math.round(ns / CONNECTS)} ns per connect, accept and close, ` +
        `in ${(runs / CONNECTS).toFixed(1)} runs (each some 50 ns of measuring)`,
    );
  } finally {
    writeFileSync(STATS, before);
    await tool.stop();
  }
}

function programTime(pid) {
  let ns = 0;
  let runs = 0;
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const [, time] = /^run_time_ns:\s+(\d+)/m.exec(info) ?? [];
    const [, count] = /^run_cnt:\s+(\d+)/m.exec(info) ?? [];
    if (time === undefined) continue;
    ns += Number(time);
    runs += Number(count);
  }
  return [ns, runs];
}
