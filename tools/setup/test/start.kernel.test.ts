// npm start as users have it: a tool behind npm, with stdout, signals and exit code of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../testing/kernel.js';
import { rowsOf } from '../../testing/tool.js';
import { ROOT } from '../paths.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-start-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** npm start in a process group of its own, as a terminal runs it, once the tool is attached. */
async function startThroughNpm(args: readonly string[]) {
  const npm = spawn('npm', ['start', '--', ...args], { cwd: ROOT, detached: true });
  let stdout = '';
  let stderr = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const attached = new Promise<void>((resolve, reject) => {
    npm.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stderr.includes(': tracing')) resolve();
    });
    npm.on('close', () => reject(new Error(stderr)));
  });
  const ended = once(npm, 'close').then(([code]) => ({ code, stdout, stderr }));
  const pid = npm.pid as number;
  onTestFinished(() => {
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  await attached;
  return { pid, ended };
}

test.for([
  ['Ctrl-C, which npm and the tool both get', 'SIGINT', -1],
  ['SIGTERM to npm alone', 'SIGTERM', 1],
] as const)('%s ends the tool as it does without npm', async ([, signal, sign], context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  const args = ['mkdirsnoop', '--no-file', '-o', 'json', '--pid', String(process.pid)];
  const { pid, ended } = await startThroughNpm(args);
  const path = join(folder, 'made');
  mkdirSync(path);
  process.kill(sign * pid, signal);
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  expect(rowsOf(stdout).map((row) => row.path)).toContain(path);
  expect(stderr).toMatch(/events?, 0 lost\n$/);
});
