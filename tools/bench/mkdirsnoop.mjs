#!/usr/bin/env node
// mkdirsnoop beside C programs on libbpf that do the same with the same BPF object and print the
// same JSON: `node tools/bench/mkdirsnoop.mjs [ROUNDS] [RATE]`, as root.
//
// Each round runs all of them, one after the other, so that what else the machine does hits all
// alike. User time of the whole process is counted: of the first second, in which V8 compiles what
// is hot, and of the five after it. The ratio is of the latter. The least of the rounds is told,
// since load only adds.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SECONDS = 5;
const TICKS_PER_SECOND = 100; // USER_HZ, what /proc/PID/stat counts in
const PROGRAMS = ['mkdir_enter_tp', 'mkdir_exit_tp', 'mkdirat_enter_tp', 'mkdirat_exit_tp'];

const rounds = Number(process.argv[2] ?? 3);
const rate = Number(process.argv[3] ?? 100_000);
const calls = rate * SECONDS;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

try {
  compile('storm');
  const libraries = here('../../.cache/native/x64');
  compile(
    'mkdir-json',
    `-I${libraries}/include`,
    `-L${libraries}/lib`,
    '-l:libbpf.a',
    '-l:libelf.a',
    '-l:libz.a',
  );
  const object = here('../../packages/mkdirsnoop/bpf/mkdirsnoop.bpf.o');
  const c = (mode) => [join(folder, 'mkdir-json'), object, mode, ...PROGRAMS];
  const tool = here('../../packages/mkdirsnoop/dist/bin.js');
  const readers = [
    {
      name: 'mkdirsnoop -o json',
      command: [process.execPath, tool, '-o', 'json', '--no-file', '--hook', 'tracepoint', '-v'],
    },
    { name: 'C, libbpf, poll loop', command: c('poll') },
    { name: 'C, libbpf, rests 10 ms', command: c('coalesce') },
  ];
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} processors, Linux ${release()}; best of ${rounds}`,
  );
  for (const [processes, how] of [
    [1, 'evenly spaced'],
    [4, 'in bursts of 1 ms'],
  ]) {
    const results = readers.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, { command }] of readers.entries())
        results[index].push(await measure(command, processes));
    }
    console.log(`${calls} mkdirs from ${processes} processes at ${rate}/s, ${how}`);
    report(readers, results);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function compile(name, ...flags) {
  const source = here(`${name}.c`);
  execFileSync('gcc', ['-O2', '-Wall', '-o', join(folder, name), source, ...flags]);
}

async function measure([program, ...args], processes) {
  const path = join(folder, 'out.json');
  const out = openSync(path, 'w');
  const child = spawn(program, args, { stdio: ['ignore', out, 'pipe'] });
  closeSync(out);
  const ended = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes(': tracing')) resolve();
    });
    ended.then(() => reject(new Error(said)));
  });
  const storm = (count) => {
    execFileSync(join(folder, 'storm'), [processes, count, rate, folder].map(String));
    return drained(path);
  };
  const begun = userTicks(child.pid);
  await storm(rate);
  const warm = userTicks(child.pid);
  await storm(calls);
  const ticks = userTicks(child.pid) - warm;
  const { rss } = memory(child.pid);
  child.kill('SIGINT');
  await ended;
  const rows = readFileSync(path, 'latin1').split('"type":"mkdir"').length - 1;
  return {
    rows,
    rss,
    warmUs: microseconds(warm - begun) / rate,
    userUs: microseconds(ticks) / Math.max(rows - rate, 1),
    attachedMs: Number(/attached (\d+) ms/.exec(said)?.[1] ?? Number.NaN),
  };
}

/** Waits until the output has stopped growing: what is read now was read in time. */
async function drained(path) {
  for (let size = -1, now = 0; size !== now; ) {
    size = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = statSync(path).size;
  }
}

function microseconds(ticks) {
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

function userTicks(pid) {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]);
}

function memory(pid) {
  return {
    rss: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024,
  };
}

function report(readers, results) {
  console.log(line('', 'rows', 'first us/row', 'user us/row', 'ratio', 'RSS MB', 'attached ms'));
  const best = results.map((runs) => ({
    rows: Math.max(...runs.map(({ rows }) => rows)),
    warmUs: Math.min(...runs.map(({ warmUs }) => warmUs)),
    userUs: Math.min(...runs.map(({ userUs }) => userUs)),
    rss: Math.min(...runs.map(({ rss }) => rss)),
    attachedMs: Math.min(...runs.map(({ attachedMs }) => attachedMs)),
  }));
  for (const [index, { name }] of readers.entries()) {
    const { rows, warmUs, userUs, rss, attachedMs } = best[index];
    const ratio = (best[0].userUs / userUs).toFixed(2);
    console.log(
      line(
        name,
        rows,
        warmUs.toFixed(2),
        userUs.toFixed(2),
        ratio,
        rss.toFixed(0),
        Number.isNaN(attachedMs) ? '-' : attachedMs,
      ),
    );
  }
}

function line(name, ...cells) {
  return name.padEnd(24) + cells.map((cell) => String(cell).padStart(13)).join('');
}
