// `top` on a terminal of 80x24: keys, the files of a container, and the terminal after each way out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { runTool } from '../../../tools/testing/tool.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import { missing, startDockerd, type TestDockerd } from '../../containers/test/runtimes.js';

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
let lack = missing('dockerd', 'containerd', 'runc', 'tmux') ?? lacksOverlay();
let docker: TestDockerd;
let dir: string;
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  const { code, stderr } = await runTool('sneakpeek', ['top', '--duration', '0.01']);
  if (code === 3) lack ??= stderr;
  if (lack !== null) return;
  dir = mkdtempSync(join(tmpdir(), 'imagesnoop-top-'));
  docker = await startDockerd({ storage: 'overlay2' });
  for (const name of ['one', 'two']) {
    const { pid } = await docker.run(name);
    writeFileSync(`/proc/${pid}/root/tmp/in-${name}`, name);
  }
});
afterEach(() => {
  if (dir !== undefined) tmux('kill-session', '-t', 'top'); // and with the last one the server
});
afterAll(async () => {
  await docker?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true });
});

const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-S', join(dir, 'socket'), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
  });
const screen = () => tmux('capture-pane', '-p', '-t', 'top');
const press = (...keys: string[]) => tmux('send-keys', '-t', 'top', ...keys);
const shows = (text: string | RegExp) =>
  vi.waitFor(() => expect(screen()).toMatch(text), { timeout: 20_000, interval: 100 });

/** Starts top in a shell of a new terminal, whose settings are told before and after. */
function start(): void {
  const script = join(dir, 'run');
  const env = `DOCKER_HOST=unix://${docker.socket} CONTAINERD_ADDRESS=/nowhere`;
  const top = `sh -c 'echo $$ > ${dir}/pid; ${env} exec ${process.execPath} ${BIN} top -i 0.5'`;
  writeFileSync(script, `stty -g > ${dir}/before\n${top}\nstty -g > ${dir}/after; echo ended $?\n`);
  tmux('new-session', '-d', '-s', 'top', '-x', '80', '-y', '24', `sh ${script}; exec sleep 100`);
}
const settings = (when: string) => readFileSync(join(dir, when), 'utf8');

test.each(['q', 'C-c', 'TERM'])('keys, and a terminal that is as before: %s', async (way) => {
  start();
  await shows(/^two +\d+ [\s\S]*choose/m);
  await shows(/^one +\d+ /m);
  press('Down');
  press('Up');
  press('Down', 'Enter');
  await shows(/changed files, the newest first[\s\S]*\/tmp\/in-(one|two)/);
  press('Escape');
  await shows('choose');
  if (way === 'TERM') {
    process.kill(Number(readFileSync(join(dir, 'pid'), 'utf8')), 'SIGTERM');
  } else press(way);
  await shows('ended 0');
  expect(settings('after')).toBe(settings('before'));
});
