#!/usr/bin/env node
// `npm run test:kernels [OPTIONS] [KERNEL...] [TOOL...]`: the tools' kernel tests inside guests.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setup } from '../setup/index.mjs';
import { compileWorkloads } from '../testing/compiled.mjs';
import { note, report, repository } from './base.mjs';
import { KERNELS } from './catalogue.mjs';
import { parseTestArguments, TEST_USAGE } from './options.mjs';
import { withSnapshot } from './snapshot.mjs';
import { mergeCells, parsePage, renderPage, renderText } from './table.mjs';
import { testKernel } from './test-kernel.mjs';

const PAGE = join(repository, 'docs/kernels.md');

/** What Ctrl-C and its like ask for: machines end at once, what was made for them goes. */
const asked = new AbortController();
const { signals } = constants;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => asked.abort(name));

async function main() {
  const options = parseTestArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(TEST_USAGE);
    return;
  }
  if (options.build) await setup({ lists: ['build', 'test', 'kernels'], fixtures: true });
  const started = Date.now();
  const tools = options.tools.length > 0 ? options.tools : toolsWithPrograms();
  const results = await withSnapshot(async (snapshot) => {
    await compileWorkloads(snapshot, tools, options.arch === 'arm64' ? 'arm64' : 'x64');
    return inParallel(options.kernels, options.jobs, (kernel) =>
      testKernel({ ...options, tools, kernel, snapshot, signal: asked.signal }),
    );
  });
  if (asked.signal.aborted) {
    note(`ended by ${asked.signal.reason}; nothing was recorded`);
    process.exitCode = 128 + signals[asked.signal.reason];
    return;
  }
  const cells = results.flatMap((result) => result.cells);
  process.stdout.write(`\n${renderText(cells)}\n`);
  const { IMAGESNOOP_OUTCOME: outcome } = process.env;
  if (outcome !== undefined) writeFileSync(outcome, JSON.stringify(outcomeOf(results)));
  // A machine that was made to lack something says nothing about its kernel.
  else if (options.record) writePage(cells, options);
  conclude(results, started);
}

/** Packages with a BPF program, and the check of the doctor in this folder. */
function toolsWithPrograms() {
  const programs = readdirSync(join(repository, 'bpf')).filter((name) => name.endsWith('.bpf.c'));
  return [...programs.map((name) => name.replace('.bpf.c', '')), 'kernels'];
}

/** At most `limit` at a time, results in the order of the input. */
async function inParallel(items, limit, work) {
  const queue = [...items.entries()];
  const results = [];
  const worker = async () => {
    for (let next = queue.shift(); next && !asked.signal.aborted; next = queue.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

function writePage(cells, run) {
  const before = existsSync(PAGE) ? parsePage(readFileSync(PAGE, 'utf8')) : [];
  writeFileSync(PAGE, renderPage(mergeCells(before, cells, run), Object.keys(KERNELS)));
  note('docs/kernels.md written');
}

/** The counts in the shape that `npm test` adds up. */
function outcomeOf(results) {
  const cells = results.flatMap((result) => result.cells);
  const sum = (key) => cells.reduce((total, cell) => total + cell[key], 0);
  const problems = results.flatMap((result) => result.problems).length;
  const cannot = cells.filter(({ skipped }) => skipped > 0);
  return {
    passed: sum('passed'),
    failed: Math.max(sum('failed'), problems),
    skipped: cannot.flatMap(({ kernel, tool, hook, why, skipped }) =>
      Array.from({ length: skipped }, () => ({
        test: `${tool} [${hook}] on ${kernel}`,
        reason: why || 'no reason given',
      })),
    ),
  };
}

function conclude(results, started) {
  const failed = results.filter(
    ({ problems, cells }) => problems.length > 0 || cells.some((cell) => cell.result === 'failed'),
  );
  const retries = results.reduce((sum, each) => sum + each.retries, 0);
  const times = results
    .map(({ kernel, seconds }) => `${kernel} ${seconds.toFixed(0)} s`)
    .join(', ');
  note(
    `${times}; in all ${((Date.now() - started) / 1000).toFixed(0)} s${retries ? `; ${retries} boots retried` : ''}`,
  );
  for (const { kernel, problems } of failed)
    for (const problem of problems) note(`${kernel}: ${problem}`);
  if (failed.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  report(error, error?.code === 'KERNELS_USAGE' ? 2 : 1);
}
