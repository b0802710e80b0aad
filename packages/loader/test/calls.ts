// What the kernel tests do and see: processes that call getpriority(2), and the plan that sees it.
import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority } from 'node:os';
import type { HookAlternative, Tracer, TracerPlan } from '../src/index.js';

export const OBJECT = new URL('./fixtures/nice.bpf.o', import.meta.url);

export const WORKING: readonly HookAlternative[] = [
  { name: 'fentry', programs: ['nice_fentry'] },
  { name: 'kprobe', programs: ['nice_kprobe'] },
  { name: 'tracepoint', programs: ['nice_tp'] },
  { name: 'tp_btf', programs: ['nice_tpbtf'] },
];

export const BROKEN: readonly HookAlternative[] = [
  { name: 'refused', programs: ['nice_refused_tpbtf'] },
  { name: 'nowhere', programs: ['nice_nowhere_tp'] },
  { name: 'silent', programs: ['nice_silent_tp'] },
];

export function planOf(...nice: readonly HookAlternative[]): TracerPlan {
  return { object: OBJECT, hooks: { nice }, trigger: () => void getPriority() };
}

/** A process of its own that makes `count` calls and ends. */
export function caller(
  count: number,
  options: { uid?: number; argv0?: string } = {},
): ChildProcess {
  const { uid, argv0 = process.execPath } = options;
  const code = `for (let i = 0; i < ${count}; i++) os.getPriority();`;
  const identity = uid === undefined ? {} : { uid, gid: uid };
  return spawn(argv0, ['-e', code], { stdio: 'inherit', ...identity });
}

/** The same, but it begins when something is written to its stdin. */
export function waitingCaller(count: number): ChildProcess {
  const loop = `for (let i = 0; i < ${count}; i++) os.getPriority();`;
  const code = `process.stdin.once('data', () => { ${loop} })`;
  return spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'inherit', 'inherit'] });
}

export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) =>
      status === 0 ? resolve() : reject(new Error(`caller ended with ${signal ?? status}`)),
    );
  });
}

export interface Seen {
  /** Rows by pid. */
  readonly byPid: Map<number, number>;
  readonly rows: { pid: number; who: number; comm: string; text: string; uid: number }[];
  readonly lost: Map<string, number>;
}

/** Reads until `work` is done, and all that was recorded until then. */
export async function seenDuring(tracer: Tracer, work: () => Promise<void>): Promise<Seen> {
  const layout = tracer.layout('nice_event', 1);
  const pid = layout.u32('pid');
  const uid = layout.u32('uid');
  const who = layout.i32('who');
  const comm = layout.text('comm');
  const text = layout.text('text', { length: layout.u32('text_length') });
  const end = new AbortController();
  const working = work().finally(() => end.abort());
  const seen: Seen = { byPid: new Map(), rows: [], lost: new Map() };
  for await (const { rows, lost } of tracer.batches(end.signal)) {
    for (const row of rows) {
      const owner = pid(row);
      seen.byPid.set(owner, (seen.byPid.get(owner) ?? 0) + 1);
      if (seen.rows.length < 100)
        seen.rows.push({
          pid: owner,
          who: who(row),
          comm: comm(row),
          text: text(row),
          uid: uid(row),
        });
    }
    for (const { cause, total } of lost) seen.lost.set(cause, total);
  }
  await working;
  return seen;
}
