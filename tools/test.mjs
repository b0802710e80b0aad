#!/usr/bin/env node
// `npm test`: sets up what tests need, then runs the checks, the unit tests and, as root, the tests
// on the running kernel; the last line is `N passed, N failed, N skipped`, after every skip's reason.
//
//   npm test -- --unit | --kernel | --checks     only these
//   npm test -- --guests                         only the hooks of all tools on another kernel, in
//                                                a virtual machine; part of all where CI is set
//   npm test -- --packages                       only the packages as users get them, by npx; the same
//   npm test -- packages/loader -t 'storm'       whatever else is passed on to vitest
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from './check.mjs';
import { buildAddons } from './release.mjs';
import { guarded, setup } from './setup/index.mjs';
import { ROOT, toolEnv } from './setup/paths.mjs';

const PARTS = ['--checks', '--unit', '--kernel', '--packages', '--guests'];
/** A kernel that has fentry and kprobes; `npm run test:kernels` runs the others as well. */
const GUEST_KERNEL = '6.12';

/**
 * What the arguments ask for: every part by default, only the tests when vitest is given a filter.
 *
 * @param {string[]} args
 * @param {boolean} [ci] continuous integration: with what takes a minute or more
 */
export function parseArgs(args, ci = Boolean(process.env.CI)) {
  const named = PARTS.filter((part) => args.includes(part)).map((part) => part.slice(2));
  const forVitest = args.filter((arg) => !PARTS.includes(arg));
  if (named.length > 0) return { parts: named, forVitest };
  if (forVitest.length > 0) return { parts: ['unit', 'kernel'], forVitest };
  const long = ci ? ['packages', 'guests'] : [];
  return { parts: ['checks', 'unit', 'kernel', ...long], forVitest };
}

/** The closing line, which continuous integration reads. */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** The skipped tests, one line each, those of one reason together. */
export function skipLines(skipped) {
  const reasons = new Map();
  for (const { test, reason } of skipped) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), test]);
  }
  return [...reasons].flatMap(([reason, tests]) => [
    `skipped, ${reason}:`,
    ...tests.map((test) => `  ${test}`),
  ]);
}

async function runVitest(projects, args) {
  const reporters = ['default', './tools/testing/reporter.ts'].map((each) => `--reporter=${each}`);
  const names = projects.map((name) => `--project=${name}`);
  return runCounted('vitest', ['run', ...names, ...reporters, ...args]);
}

/** What is published carries the addons of both architectures. */
async function runPackages(args) {
  await buildAddons();
  return runVitest(['packages'], args);
}

async function runGuests() {
  return runCounted(process.execPath, ['tools/kernels/test.mjs', '--hooks', GUEST_KERNEL]);
}

/** Runs a command that leaves its counts in the file that IMAGESNOOP_OUTCOME names. */
async function runCounted(command, args) {
  const folder = join(ROOT, '.cache', 'test');
  const path = join(folder, `outcome-${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...toolEnv(), IMAGESNOOP_OUTCOME: path },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
  try {
    const outcome = JSON.parse(readFileSync(path, 'utf8'));
    // Whatever made the command end with an error must not pass for a success.
    if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
    return outcome;
  } catch {
    console.log(`${command} ended with ${code} and left no outcome`);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(path, { force: true });
  }
}

async function main() {
  const { parts, forVitest } = parseArgs(process.argv.slice(2));
  const total = { passed: 0, failed: 0, skipped: [] };
  try {
    await setup({ lists: ['build', 'check', 'test', 'image'], fixtures: true });
  } catch (error) {
    process.on('exit', () => console.log(summary({ ...total, failed: 1 })));
    throw error;
  }
  if (parts.includes('checks')) add(total, { ...(await runChecks()), skipped: [] });
  const projects = parts.filter((part) => part === 'unit' || part === 'kernel');
  if (projects.length > 0) add(total, await runVitest(projects, forVitest));
  if (parts.includes('packages')) add(total, await runPackages(forVitest));
  if (parts.includes('guests')) add(total, await runGuests());
  for (const line of skipLines(total.skipped)) console.log(line);
  if (total.failed > 0) process.exitCode = 1;
  console.log(summary(total));
}

function add(total, { passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
}

if (import.meta.filename === process.argv[1]) await guarded(main);
