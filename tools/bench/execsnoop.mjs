#!/usr/bin/env node
// execsnoop beside libbpf-tools' and a bpftrace one-liner, while 4 processes exec as fast as they can:
// `node tools/bench/execsnoop.mjs [ROUNDS] [EXECS]`, as root.
//
// Each round runs all of them and the workload alone, one after the other, so that what else the
// machine does hits all alike. The least of the rounds is told, since load only adds; of rows, the
// fewest. Time in the kernel is what the kernel itself counts for the tool's programs
// (kernel.bpf_stats_enabled, which adds some 50 ns to each run).
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROCESSES = 4;
const COMM = 'exec-storm';
const TICKS_PER_SECOND = 100; // USER_HZ, what /proc/PID/stat counts in
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const ONE_LINER =
  'tracepoint:syscalls:sys_enter_execve { printf("%d %d ", pid, curtask->real_parent->tgid); join(args->argv); }';

const rounds = Number(process.argv[2] ?? 3);
const execs = Number(process.argv[3] ?? 10_000);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const storm = join(folder, COMM);
const tool = [process.execPath, here('../../packages/execsnoop/dist/bin.js')];
const readers = [
  { name: 'execsnoop', command: tool },
  { name: 'execsnoop -o json', command: [...tool, '-o', 'json'] },
  { name: 'execsnoop -x', command: [...tool, '-x'] },
  {
    name: 'execsnoop --count',
    command: [...tool, '--count', '--by', 'comm', '-o', 'json'],
    counts: true,
  },
  { name: 'libbpf-tools', command: ['stdbuf', '-oL', '/usr/sbin/execsnoop', '-x'] },
  { name: 'bpftrace one-liner', command: ['bpftrace', '-B', 'line', '-e', ONE_LINER] },
].filter(({ command: [program, , path] }) => program !== 'stdbuf' || existsSync(path));

const statsBefore = readFileSync(STATS, 'latin1');
try {
  const source = here('../../packages/execsnoop/test/workload/exec-storm.c');
  execFileSync('gcc', ['-O2', '-Wall', '-static', '-o', storm, source]);
  writeFileSync(STATS, '1');
  const alone = [];
  const results = readers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    alone.push(weather());
    for (const [index, reader] of readers.entries()) results[index].push(await measure(reader));
  }
  report(alone, results);
} finally {
  writeFileSync(STATS, statsBefore);
  rmSync(folder, { recursive: true, force: true });
}

/** Microseconds per exec of the storm, by the wall clock. */
function weather() {
  const begun = performance.now();
  execFileSync(storm, [PROCESSES, execs].map(String));
  return ((performance.now() - begun) * 1000) / execs;
}

async function measure({ command: [program, ...args], counts }) {
  const path = join(folder, 'out');
  const out = openSync(path, 'w');
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', out, 'ignore'] });
  closeSync(out);
  const ended = new Promise((resolve) => child.once('close', resolve));
  // Attached is who shows what it is there for.
  if (!counts) while (!sees(path)) execFileSync(storm, ['1', '1']);
  const startMs = performance.now() - begun;
  if (counts) await new Promise((resolve) => setTimeout(resolve, 1000));
  weather(); // in which V8 compiles what is hot
  await settled(path);
  const rowsBefore = rowsIn(path);
  const before = usage(child.pid);
  const wall = weather();
  await settled(path);
  const after = usage(child.pid);
  child.kill('SIGINT');
  await ended;
  const rows = counts ? counted(path) : rowsIn(path) - rowsBefore;
  return {
    wall,
    startMs: counts ? Number.NaN : startMs,
    rows,
    kernelUs: (after.kernelNs - before.kernelNs) / 1000 / execs,
    userUs: ((after.ticks - before.ticks) / TICKS_PER_SECOND) * (1e6 / execs),
    rss: after.rss,
  };
}

function sees(path) {
  return readFileSync(path, 'latin1').includes(COMM);
}

/** Lines of programs that the storm ran; it runs each with its own name as the only argument. */
function rowsIn(path) {
  const text = readFileSync(path, 'latin1');
  if (text.startsWith('{')) return text.split(`"argv":["${COMM}"]`).length - 1;
  return text.split('\n').filter((line) => line.trimEnd().endsWith(COMM)).length;
}

function counted(path) {
  const lines = readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line.includes(COMM));
  return JSON.parse(lines.at(-1) ?? '{}').execs - 2 - execs;
}

/** Waits until the output has stopped growing. */
async function settled(path) {
  for (let size = -1, now = 0; size !== now; ) {
    size = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
    now = statSync(path).size;
  }
}

/** CPU of the process, its memory, and time spent in the programs that it holds. */
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const programs = new Map();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, { encoding: 'latin1', flag: 'r' });
    const id = /^prog_id:\s+(\d+)/m.exec(text)?.[1];
    const ns = /^run_time_ns:\s+(\d+)/m.exec(text)?.[1];
    if (id !== undefined && ns !== undefined) programs.set(id, Number(ns));
  }
  return {
    ticks: Number(fields[11]) + Number(fields[12]),
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    kernelNs: [...programs.values()].reduce((sum, ns) => sum + ns, 0),
  };
}

function report(alone, results) {
  const least = (runs, key) => Math.min(...runs.map((run) => run[key]));
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} processors, Linux ${release()}; best of ${rounds}`,
  );
  console.log(
    `${execs} execs from ${PROCESSES} processes; alone ${Math.min(...alone).toFixed(0)} us each`,
  );
  console.log(
    line('', 'us/exec', 'kernel us', 'own CPU us', 'RSS MB', 'first row ms', 'rows lost'),
  );
  for (const [index, { name }] of readers.entries()) {
    const runs = results[index];
    const start = least(runs, 'startMs');
    console.log(
      line(
        name,
        least(runs, 'wall').toFixed(0),
        least(runs, 'kernelUs').toFixed(2),
        least(runs, 'userUs').toFixed(1),
        least(runs, 'rss').toFixed(0),
        Number.isNaN(start) ? '-' : start.toFixed(0),
        execs - least(runs, 'rows'),
      ),
    );
  }
}

function line(name, ...cells) {
  return name.padEnd(20) + cells.map((cell) => String(cell).padStart(13)).join('');
}
