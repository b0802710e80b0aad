#!/usr/bin/env node
// How long it takes to tell what changed in a container: `sneakpeek files` beside docker diff, in
// pairs, and beside a walk of the whole tree (find). As root, with Docker's packages:
//
//   node tools/bench/sneakpeek.mjs [FILES] [PAIRS]
//
// Starts a Docker daemon of its own, with an image of FILES files, and a container that has added as
// many, changed a hundredth and deleted a hundredth.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../setup/paths.mjs';

const [files = 100_000, pairs = 3] = process.argv.slice(2).map(Number);
const PER_FOLDER = 500;
const folders = Math.ceil(files / PER_FOLDER);

/** The daemon of the tests. */
async function startDaemon(dir) {
  const outfile = join(dir, 'runtimes.mjs');
  const entry = join(ROOT, 'packages/containers/test/runtimes.ts');
  const entryPoints = [entry];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm' });
  const { startDockerd } = await import(outfile);
  return startDockerd({ storage: 'overlay2' });
}

function timed(command, args, env) {
  const started = performance.now();
  const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 30 };
  const lines = execFileSync(command, args, options).toString().split('\n').length - 1;
  return { ms: performance.now() - started, lines };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const make = (name) => `
  i=0; while [ $i -lt ${folders} ]; do mkdir -p /data/$i; j=0; cd /data/$i
    while [ $j -lt ${PER_FOLDER} ]; do : > ${name}$j; j=$((j+1)); done; i=$((i+1)); done`;

const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-bench-'));
const daemon = await startDaemon(dir);
try {
  const run = async (name, script) => {
    await daemon.run(name, { command: ['/bin/sh', '-c', script] });
    await daemon.api('POST', `/containers/${name}/wait`);
  };
  await run('base', make('image'));
  await daemon.api('POST', '/commit?container=base&repo=bench&tag=1');
  const body = { Image: 'bench:1', HostConfig: { NetworkMode: 'none' } };
  const some = Math.max(1, Math.floor(folders / 100));
  const script = `${make('added')}; i=0; while [ $i -lt ${some} ]; do cd /data/$i; for f in image*; do
    echo x > $f; done; busybox rm -r /data/$((i+${some}))/image*; i=$((i+1)); done`;
  body.Cmd = ['/bin/sh', '-c', script];
  await daemon.api('POST', '/containers/create?name=bench', body);
  await daemon.start('bench').catch(() => {});
  await daemon.api('POST', '/containers/bench/wait');
  await daemon.api('POST', '/containers/bench/start'); // mounted, for find
  await daemon.api('POST', '/containers/bench/kill').catch(() => {});

  const host = { DOCKER_HOST: `unix://${daemon.socket}`, CONTAINERD_ADDRESS: '/nowhere' };
  const bin = join(ROOT, 'packages/sneakpeek/dist/bin.js');
  const ours = ['files', 'bench', '-o', 'csv', '-q', '--fields', 'change,path'];
  const ratios = [];
  console.log(
    `${'pair'.padEnd(6)}${'sneakpeek ms'.padStart(14)}${'docker diff ms'.padStart(16)}${'ratio'.padStart(8)}`,
  );
  for (let pair = 1; pair <= pairs; pair++) {
    const peek = timed(process.execPath, [bin, ...ours], host);
    const diff = timed('docker', ['diff', 'bench'], host);
    ratios.push(peek.ms / diff.ms);
    const cells = [peek.ms.toFixed(0).padStart(14), diff.ms.toFixed(0).padStart(16)];
    console.log(
      `${String(pair).padEnd(6)}${cells.join('')}${ratios.at(-1).toFixed(2).padStart(8)}`,
    );
    if (pair === pairs) console.log(`changes told: ${peek.lines - 1} and ${diff.lines}`);
  }
  console.log(`median ratio: ${median(ratios).toFixed(2)}`);
} finally {
  await daemon.stop();
  rmSync(dir, { recursive: true, force: true });
}
