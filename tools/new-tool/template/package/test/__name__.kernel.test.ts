// A known workload with each hook: what the tool shows is what was done, no more and no less.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { lostIn, rowsOf, startHook } from '../../../tools/testing/tool.js';
import { hooks } from '../src/hooks.js';

const HOOKS = [...new Set(Object.values(hooks).flatMap((all) => all.map(({ name }) => name)))];
const COUNT = 7;
const COMM = '__comm__';

/** Does the traced thing, and says which rows are expected. */
async function workload() {
  const program = `
    process.title = '${COMM}';
    for (let i = 0; i < ${COUNT}; i++) {
      process.chdir('/');
      try { process.chdir('/nowhere'); } catch {}
    }`;
  const running = promisify(execFile)(process.execPath, ['-e', program]);
  const pid = running.child.pid;
  await running;
  const good = { pid, comm: COMM, path: '/', ret: 0, error: null };
  const bad = { pid, comm: COMM, path: '/nowhere', ret: -2, error: 'ENOENT' };
  return Array.from({ length: COUNT }, () => [good, bad]).flat();
}

describe.each(HOOKS)('chdir [%s]', (hook) => {
  test(`rows equal calls [${hook}]`, async (context) => {
    const args = ['--comm', COMM, '-o', 'json'];
    const tool = await startHook(context, '__name__', hook, args);
    const expected = await workload();
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout).map(({ pid, comm, path, ret, error }) => ({
      pid,
      comm,
      path,
      ret,
      error,
    }));
    expect(rows).toEqual(expected);
    expect(lostIn(stdout)).toBe(0);
  });
});
