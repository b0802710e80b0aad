// Nothing is lost silently: rows and counted losses together are the programs that began.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';

const PROCESSES = 4;
const EXECS = 40_000;
const COMM = 'exec-storm';

let storm: string;

beforeAll(() => {
  storm = compiled(join(import.meta.dirname, `workload/${COMM}.c`));
});
beforeEach((context) => requireKernel(context, lacksRoot()));

const weather = () =>
  promisify(execFile)(storm, [`${PROCESSES}`, `${EXECS}`]).then(({ stdout }) => Number(stdout));

describe('a storm of 40,000 execs from 4 processes', () => {
  test('with --buffer 64M each is a row, and each end', async () => {
    const args = ['--tree', `${process.pid}`, '-n', `^${COMM}$`, '--exit', '--buffer', '64M'];
    const tool = await startTool('execsnoop', [...args, '-o', 'json']);
    const execs = await weather();
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    expect(lostIn(stdout)).toBe(0);
    const rows = rowsOf(stdout);
    const own = rows.filter(({ type }) => type === 'exec').slice(1); // the first is the storm
    expect(own.length).toBe(execs);
    expect(execs).toBe(EXECS);
    const ended = new Set(
      rows.filter(({ type }) => type === 'exit').map((row) => row['process_id']),
    );
    expect(own.filter((row) => !ended.has(row['process_id']))).toEqual([]);
    expect(ended.size).toBe(execs + 1); // no two share an id, however often pids come again
  });

  test('with a buffer that is far too small, what is lost is counted', async () => {
    const args = ['--comm', COMM, '--tree', `${process.pid}`, '--buffer', '4K', '-o', 'json'];
    const tool = await startTool('execsnoop', args);
    const execs = await weather();
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    expect(rowsOf(stdout).length + lostIn(stdout)).toBe(execs + 1);
    expect(lostIn(stdout)).toBeGreaterThan(0);
    expect(stderr).toContain('--buffer');
  });

  test('--count has them all, counted in the kernel', async () => {
    const args = ['--count', '--by', 'comm', '--tree', `${process.pid}`, '-o', 'json'];
    const tool = await startTool('execsnoop', args);
    const execs = await weather();
    const { stdout } = await tool.stop();
    const last = rowsOf(stdout).findLast(({ comm }) => comm === COMM);
    expect(last).toMatchObject({ type: 'count', execs: execs + 1, uid: null, container: null });
  });
});
