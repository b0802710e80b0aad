// Every kind of mkdir with each hook: what the tool shows is what the program that made the calls
// says it passed and got.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeText } from '@imagesnoop/output';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lostIn, rowsOf, startHook } from '../../../tools/testing/tool.js';
import { hooks } from '../src/hooks.js';

const COUNT = 7;
const HOOKS = [...new Set(Object.values(hooks).flatMap((all) => all.map(({ name }) => name)))];
/** Kinds of which the host cannot see the directory. */
const HIDDEN = new Set(['on_private_tmpfs']);
/** Kinds in a mount namespace of their own, of which mounts are told since 5.17 only (bpf_loop). */
const ELSEWHERE = new Set(['on_bind_mount']);
const [major = 0, minor = 0] = release().split('.').map(Number);
if (major < 5 || (major === 5 && minor < 17)) for (const kind of ELSEWHERE) HIDDEN.add(kind);

interface Call {
  kind: string;
  pid: number;
  tid: number;
  uid: number;
  mode: number;
  ret: number;
  ino: number;
  argv: string | null;
  path: string | null;
}

let work: string;
let program: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'mkdirsnoop-'));
  program = compiled(new URL('./workload/mkdirs.c', import.meta.url).pathname);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Runs the program, and returns its calls and what it made. */
async function makeDirectories(name: string): Promise<Call[]> {
  const top = mkdtempSync(join(work, `${name}-`));
  const { stdout } = await promisify(execFile)(program, [top, String(COUNT)], {
    maxBuffer: 1 << 26,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Call);
}

const hex = (text: unknown): string | null =>
  typeof text === 'string' ? decodeText(text).toString('hex') : null;

/** What of a call and of a row must be equal. */
const ofCall = ({ pid, tid, uid, mode, ret, argv, path }: Call) =>
  JSON.stringify({ pid, tid, uid, mode, ret, argv, path });
const ofRow = ({ pid, tid, uid, mode, ret, argv, path }: Record<string, unknown>) =>
  JSON.stringify({ pid, tid, uid, mode, ret, argv: hex(argv), path: hex(path) });

describe.each(HOOKS)('mkdir matrix [%s]', (hook) => {
  test(`rows equal calls [${hook}]`, async (context) => {
    const log = join(work, `${hook}.json`);
    const args = ['--comm', 'mkdirs', '-o', 'json', '-f', log];
    const tool = await startHook(context, 'mkdirsnoop', hook, args);
    const calls = await makeDirectories(hook);
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    expect(rows.map(ofRow).sort()).toEqual(calls.map(ofCall).sort());
    // The only loss: a path of more than PATH_MAX is shown cut, and counted as such.
    expect(lostIn(stdout)).toBe(calls.filter(({ kind }) => kind === 'too_long').length);
    expect(rowsOf(readFileSync(log, 'utf8'))).toEqual(rows);
    for (const row of rows) {
      expect(row).toMatchObject({ type: 'mkdir', comm: 'mkdirs', container: null, k8s: null });
      expect(row['error'] === null).toBe(row['ret'] === 0);
      expect(row['latency_us']).toBeLessThan(10_000_000);
    }

    const made = new Map(calls.filter(({ ino }) => ino > 0).map((call) => [ofCall(call), call]));
    for (const row of rows) {
      const call = made.get(ofRow(row));
      if (call === undefined) continue;
      if (HIDDEN.has(call.kind)) expect(row['host_path']).toBe(null);
      else expect(statSync(decodeText(row['host_path'] as string)).ino).toBe(call.ino);
    }
  });
});
