#!/usr/bin/env node
// What --otlp and --prometheus cost mkdirsnoop: `node tools/bench/telemetry.mjs [ROUNDS] [RATE]`, as
// root. Each round runs it without, with Prometheus, with a collector that takes everything and with
// one that never answers, one after the other, on the same storm of mkdirs. Told are the processor
// time of the thread that traces and prints, and of the whole process, per event, in user and system
// mode; as ratios to the run without of the same round, and of those the median.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SECONDS = 3;
/** Longer than rows wait for others to be sent with. */
const SETTLE_MS = 1500;
const TICK_US = 10_000; // USER_HZ is 100
const [rounds, rate] = [process.argv[2] ?? 5, process.argv[3] ?? 10_000].map(Number);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const storm = join(folder, 'storm');
const tool = [here('../../packages/mkdirsnoop/dist/bin.js'), '-o', 'json', '--no-file', '-v'];

const taking = await listen((_, response) => response.end());
const hanging = await listen(() => {});
const VARIANTS = [
  ['without', []],
  ['--prometheus', ['--prometheus', '0']],
  ['--otlp, taken', ['--otlp', taking.url]],
  ['--otlp, never answered', ['--otlp', hanging.url]],
];

try {
  execFileSync('gcc', ['-O2', '-o', storm, here('storm.c')]);
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} processors, Linux ${release()}; ${rounds} rounds`,
  );
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const runs = [];
    for (const [, args] of VARIANTS) runs.push(await measure(args));
    results.push(runs);
  }
  report(results);
} finally {
  for (const { server } of [taking, hanging]) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true, force: true });
}

/** A collector; what it gets is read and thrown away. */
async function listen(answer) {
  const server = createServer((request, response) =>
    request.resume().once('end', () => answer(request, response)),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

async function measure(args) {
  const path = join(folder, 'out.json');
  const out = openSync(path, 'w');
  const child = spawn(process.execPath, [...tool, ...args], { stdio: ['ignore', out, 'pipe'] });
  closeSync(out);
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes(': tracing')) resolve();
    });
    child.once('close', () => reject(new Error(said)));
  });
  await make(rate); // V8 compiles what is hot
  const before = [ticks(child.pid, child.pid), ticks(child.pid)];
  await make(rate * SECONDS);
  const used = [ticks(child.pid, child.pid), ticks(child.pid)].map((now, i) => now - before[i]);
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('close', resolve));
  const { events, lost, unsent } = JSON.parse(readFileSync(path, 'utf8').trim().split('\n').at(-1));
  const [thread, whole] = used.map((each) => (each * TICK_US) / (rate * SECONDS));
  const attached = Number(/attached (\d+) ms/.exec(said)?.[1]);
  return { thread, whole, rss: rss / 1024, attached, events, lost, unsent: unsent ?? 0 };
}

/** Makes directories that are there, and waits until that is printed and sent. */
async function make(count) {
  // Not in a blocking call: the collectors are in this process.
  await promisify(execFile)(storm, ['1', count, rate, folder].map(String));
  await sleep(SETTLE_MS);
}

/** Processor time of a process, or of one of its threads. */
function ticks(pid, thread) {
  const path = thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`;
  const fields = readFileSync(path, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function report(results) {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  console.log(`${rate * SECONDS} mkdirs at ${rate}/s`);
  const heads = [
    'thread us',
    'ratio',
    'process us',
    'ratio',
    'RSS MB',
    'attached',
    'lost',
    'unsent',
  ];
  console.log(line('', heads));
  for (const [i, [name]] of VARIANTS.entries()) {
    const of = (read) => median(results.map((runs) => read(runs[i], runs[0])));
    console.log(
      line(name, [
        of(({ thread }) => thread).toFixed(1),
        of((run, base) => run.thread / base.thread).toFixed(2),
        of(({ whole }) => whole).toFixed(1),
        of((run, base) => run.whole / base.whole).toFixed(2),
        of(({ rss }) => rss).toFixed(0),
        of(({ attached }) => attached).toFixed(0),
        of(({ lost }) => lost),
        of(({ unsent }) => unsent),
      ]),
    );
  }
}

function line(name, cells) {
  return name.padEnd(24) + cells.map((cell) => String(cell).padStart(11)).join('');
}
