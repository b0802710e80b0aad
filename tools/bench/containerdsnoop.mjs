#!/usr/bin/env node
// What containerdsnoop costs those who use the socket, and those who do not:
// `node tools/bench/containerdsnoop.mjs [ROUNDS] [MEGABYTES]`, as root.
//
// An image of random bytes is imported into a containerd of its own, in turn without a tracer, with
// containerdsnoop, and with strace on containerd, which is what one has without it. Then round trips
// through another unix socket are timed in the same way. Ratios are of neighbouring runs, since what
// else the machine does hits both; the median of the rounds is told. Prints a table in Markdown, in
// about a minute; a machine that does nothing else and more rounds give figures worth keeping.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 3);
const megabytes = Number(process.argv[3] ?? 32);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const socket = join(folder, 'c.sock');
const tool = here('../../packages/containerdsnoop/dist/bin.js');
const running = [];

try {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} processors, Linux ${release()}; ${rounds} rounds`,
  );
  const containerd = await startContainerd();
  const archive = writeImage();
  const tracers = {
    'containerdsnoop -o json': () => snoop('-o', 'json'),
    'containerdsnoop --summary': () => snoop('--summary'),
    'strace -f of containerd': () => strace(containerd),
  };
  await compare(`import of an image of ${megabytes} MB`, 's', tracers, () => importImage(archive));
  const echo = compile('unix-echo');
  const others = { 'containerdsnoop, another socket': tracers['containerdsnoop -o json'] };
  for (const size of [1, 4096, 65_536]) {
    const run = () => Number(execFileSync(echo, [join(folder, 'e.sock'), size, 60_000]));
    await compare(`round trip of ${size} bytes through another socket`, 'ns', others, run);
  }
} finally {
  for (const child of running.reverse()) await end(child);
  rmSync(folder, { recursive: true, force: true });
}

/** Median time without, and the median of the ratios of each tracer's run to the one before it. */
async function compare(what, unit, tracers, run) {
  console.log(`\n| ${what} | time (range) | note |\n|---|---|---|`);
  run();
  const plain = [];
  const ratios = Object.fromEntries(Object.keys(tracers).map((name) => [name, []]));
  const said = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, start] of Object.entries(tracers)) {
      const before = run();
      const tracer = await start();
      const during = run();
      said[name] = await tracer.stop();
      plain.push(before);
      ratios[name].push(during / before);
    }
  }
  const usual = median(plain);
  console.log(`| without | ${usual.toFixed(unit === 's' ? 3 : 0)} ${unit} | |`);
  for (const [name, all] of Object.entries(ratios)) {
    const [low, mid, high] = [Math.min(...all), median(all), Math.max(...all)];
    const spread = `${low.toFixed(2)} to ${high.toFixed(2)}`;
    const more = unit === 'ns' ? `${((mid - 1) * usual).toFixed(0)} ns more, ` : '';
    console.log(`| ${name} | ${more}x ${mid.toFixed(2)} (${spread}) | ${said[name]} |`);
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function startContainerd() {
  const config = join(folder, 'config.toml');
  writeFileSync(
    config,
    `version = 2\nroot = "${folder}/root"\nstate = "${folder}/state"\n[grpc]\naddress = "${socket}"\n`,
  );
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn('containerd', ['--config', config], { stdio: ['ignore', log, log] });
  running.push(child);
  for (let tries = 0; ; tries++) {
    try {
      execFileSync('ctr', ['-a', socket, 'version'], { stdio: 'ignore' });
      return child.pid;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function importImage(archive) {
  const begun = performance.now();
  ctr('images', 'import', '--no-unpack', archive);
  const seconds = (performance.now() - begun) / 1000;
  ctr('images', 'rm', '--sync', 'bench.local/random:1');
  return seconds;
}

function ctr(...args) {
  execFileSync('ctr', ['-a', socket, ...args], { stdio: 'ignore' });
}

async function snoop(...args) {
  const child = spawn(process.execPath, [tool, '-a', socket, '--no-file', ...args], {
    stdio: ['ignore', openSync('/dev/null', 'w'), 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  while (!said.includes('Ctrl-C')) await once(child.stderr, 'data');
  return {
    async stop() {
      child.kill('SIGINT');
      await once(child, 'close');
      return `${said
        .trim()
        .split('\n')
        .at(-1)
        .replace(/^\w+: /, '')}`;
    },
  };
}

async function strace(pid) {
  const output = join(folder, 'strace');
  const options = ['-f', '-e', 'trace=read,write', '-s', '65536', '-o', output];
  const child = spawn('strace', [...options, '-p', String(pid)], { stdio: 'pipe' });
  await once(child.stderr, 'data');
  return {
    async stop() {
      child.kill('SIGINT');
      await once(child, 'close');
      return `${(statSync(output).size / 2 ** 20).toFixed(0)} MB of text`;
    },
  };
}

/** An archive as `docker save` writes it: one layer of random bytes. */
function writeImage() {
  const layer = tar([['random', randomBytes(megabytes * 2 ** 20)]]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      config: {},
    }),
  );
  const manifest = [
    { Config: 'config.json', RepoTags: ['bench.local/random:1'], Layers: ['layer.tar'] },
  ];
  const archive = join(folder, 'image.tar');
  writeFileSync(
    archive,
    tar([
      ['config.json', config],
      ['layer.tar', layer],
      ['manifest.json', Buffer.from(JSON.stringify(manifest))],
    ]),
  );
  return archive;
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** POSIX ustar, as far as it is needed. */
function tar(files) {
  const blocks = files.flatMap(([name, bytes]) => {
    const head = Buffer.alloc(512);
    head.write(name);
    head.write(`0000644\0${'0000000\0'.repeat(2)}`, 100);
    head.write(`${bytes.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`, 124);
    head.write('ustar\x0000', 257);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function compile(name) {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  execFileSync('gcc', ['-O2', '-Wall', '-o', program, here(`${name}.c`)]);
  return program;
}

async function end(child) {
  if (child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}
