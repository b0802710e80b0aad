// Every kind of exec with each hook: what the tool shows is what the programs that began, the callers
// that failed and the parents that waited say themselves.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeText } from '@imagesnoop/output';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, RunningTool, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { hooks } from '../src/hooks.js';

const HOOKS = [...new Set(Object.values(hooks).flatMap((all) => all.map(({ name }) => name)))];
/** Room for argv in a record, bpf/execsnoop/record.bpf.h. */
const ARGV_SIZE = 65_536;
/** The host cannot tell a chroot's program what it is called there: /proc is not in it. */
const NO_EXE = Buffer.from('?').toString('hex');

interface Told {
  type: 'exec' | 'failed' | 'exit';
  kind: string;
  pid: number;
  tid: number;
  ppid: number;
  uid: number;
  exe: string;
  cwd: string;
  comm: string;
  filename: string;
  argv: string[];
  ret: number;
  code: number;
  signal: number;
}

let work: string;
let program: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'execsnoop-'));
  program = compiled(join(import.meta.dirname, 'workload/execs.c'));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

async function runAll(): Promise<Told[]> {
  const folder = mkdtempSync(join(work, 'run-'));
  const { stdout } = await promisify(execFile)(program, [folder], { maxBuffer: 1 << 26 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
}

const hex = (text: unknown): string | null =>
  typeof text === 'string' ? decodeText(text).toString('hex') : null;
const hexList = (texts: unknown): (string | null)[] => (texts as string[]).map(hex);
const plain = (text: string): string => Buffer.from(text, 'hex').toString();

/** Why this kernel refuses the hook, or null. Only failed calls have more than one. */
async function lacks(hook: string): Promise<string | null> {
  const { code, stderr } = await new RunningTool('execsnoop', [
    ...['-x', '--exit', '--hook', hook, '--duration', '0.01'],
  ]).ended;
  if (code === 0) return null;
  if (code === 3) return `this kernel has no ${hook}: ${stderr.split('\n')[0]}`;
  throw new Error(`execsnoop --hook ${hook}: exit ${code}: ${stderr}`);
}

describe.each(HOOKS)('exec matrix [%s]', (hook) => {
  test(`rows equal what programs say [${hook}]`, async (context) => {
    requireKernel(context, lacksRoot() ?? (await lacks(hook)));
    const args = ['-x', '--exit', '--hook', hook, '--tree', `${process.pid}`, '-o', 'json'];
    const tool = await startTool('execsnoop', args);
    const told = await runAll();
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    const children = new Set(told.map(({ pid }) => pid));
    const rows = rowsOf(stdout).filter(({ pid }) => children.has(pid as number));
    const execs = rows.filter(({ type, ret }) => type === 'exec' && ret === 0);
    const fails = rows.filter(({ type, ret }) => type === 'exec' && ret !== 0);
    const exits = rows.filter(({ type }) => type === 'exit');

    const programs = told.filter(({ type }) => type === 'exec');
    expect(execs.length).toBe(programs.length);
    for (const [index, { kind, pid, ppid, uid, exe, cwd, comm, argv }] of programs.entries()) {
      const row = execs[index] as Record<string, unknown>;
      expect(row, kind).toMatchObject({ pid, ppid, uid, caller_comm: 'caller', error: null });
      expect(hex(row['comm']), kind).toBe(comm);
      expect(hex(row['cwd']), kind).toBe(cwd);
      // As /proc/self/exe, which marks what has no name any more.
      const shown = `${row['exe']}${row['exe_deleted'] ? ' (deleted)' : ''}`;
      expect(shown, kind).toBe(exe === NO_EXE ? '/execs' : plain(exe));
      expect(row['script'], kind).toBe(kind === 'script');
      if (kind === 'thread') expect(row['tid']).not.toBe(pid);
      else expect(row['tid'], kind).toBe(pid);
      if (kind === 'too_long') {
        const seen = hexList(row['argv']).map((arg) => `${arg}00`);
        const whole = argv.map((arg) => `${arg}00`).join('');
        expect(`${seen.join('').slice(0, -2)}`).toBe(whole.slice(0, 2 * ARGV_SIZE));
        expect(row).toMatchObject({ argv_truncated: true, argc: null, argv_bytes: 5 * 60_001 });
      } else {
        expect(hexList(row['argv']), kind).toEqual(argv);
        expect(row, kind).toMatchObject({ argv_truncated: false, argc: argv.length });
      }
    }

    const failures = told.filter(({ type }) => type === 'failed');
    const calls = fails.map(({ pid, tid, ret, filename, comm, argv, exe }) => [
      pid,
      tid,
      ret,
      hex(filename),
      comm,
      hexList(argv),
      exe,
    ]);
    if (hook === 'raw_tp') expect(calls.length).toBe(failures.length);
    expect(calls).toEqual(
      failures.map(({ pid, tid, ret, filename, argv }) => [
        pid,
        tid,
        ret,
        filename,
        'caller',
        argv,
        null,
      ]),
    );
    expect(fails.map(({ error }) => error)).toEqual(
      failures.map(({ kind }) => kind.replace('many_', '')),
    );

    const ran = new Map(execs.map((row) => [row['process_id'], row]));
    const ends = told.filter(
      ({ type, pid }) => type === 'exit' && programs.some((p) => p.pid === pid),
    );
    expect(exits.map(({ pid, exit_code, signal }) => [pid, exit_code ?? -1, signal])).toEqual(
      ends.map(({ pid, code, signal }) => [pid, code, signal === 9 ? 'SIGKILL' : null]),
    );
    for (const { process_id, pid, duration_ns, ts_us } of exits) {
      const exec = ran.get(process_id) as Record<string, number>;
      expect(exec['pid']).toBe(pid);
      const ended = (exec['ts_us'] as number) + (duration_ns as number) / 1000;
      expect(Math.abs((ts_us as number) - ended)).toBeLessThan(10);
    }
    expect(lostIn(stdout)).toBe(1); // too_long is there, but cut
  });
});
