// Tools under test, as their users run them: built binaries in processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { lacksRoot, requireKernel } from './kernel.js';

const PACKAGES = fileURLToPath(new URL('../../packages/', import.meta.url));
/** A tool that hangs is ended, so that its test fails and not the run. */
const KILL_AFTER_MS = 60_000;

/** What a tool had to say when it ended. */
export interface ToolResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In which surroundings a tool runs. */
export interface Surroundings {
  /** Command that runs the command behind it, such as `setpriv --reuid 65534`. */
  readonly inside?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** For tests that take longer than most; in milliseconds. */
  readonly killAfterMs?: number;
}

/** Runs a tool to its own end. */
export async function runTool(
  name: string,
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<ToolResult> {
  return new RunningTool(name, args, surroundings).ended;
}

/**
 * Starts a tracer and waits until it is attached, which its banner on stderr says.
 *
 * @throws ToolFailed if it ends before that
 */
export async function startTool(
  name: string,
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<RunningTool> {
  const tool = new RunningTool(name, args, surroundings);
  await tool.attached;
  return tool;
}

/**
 * Starts a tracer with one hook forced. Skips the running test where this kernel refuses that hook,
 * and only for that: any other failure is thrown.
 *
 * @param context what vitest passes to the test
 */
export async function startHook(
  context: Pick<TestContext, 'skip'>,
  name: string,
  hook: string,
  args: readonly string[],
): Promise<RunningTool> {
  requireKernel(context, lacksRoot());
  try {
    return await startTool(name, ['--hook', hook, ...args]);
  } catch (error) {
    if (!(error instanceof ToolFailed) || error.result.code !== 3) throw error;
    requireKernel(context, refusal(name, hook, error.result.stderr));
    throw error;
  }
}

const refusal = (name: string, hook: string, stderr: string) =>
  `this kernel has no ${hook} for ${name}: ${stderr.trim().split('\n')[0]}`;

/** A tool ended where it should have run. */
export class ToolFailed extends Error {
  readonly result: ToolResult;

  constructor(name: string, result: ToolResult) {
    super(`${name} ended with ${result.code ?? result.signal}: ${result.stderr.trim()}`);
    this.result = result;
  }
}

export class RunningTool {
  readonly attached: Promise<void>;
  readonly ended: Promise<ToolResult>;
  readonly child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(
    name: string,
    args: readonly string[],
    { inside = [], env = {}, cwd, killAfterMs = KILL_AFTER_MS }: Surroundings = {},
  ) {
    const bin = `${PACKAGES}${name}/dist/bin.js`;
    const [command = '', ...rest] = [...inside, process.execPath, bin, ...args];
    this.child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const killer = setTimeout(() => this.child.kill('SIGKILL'), killAfterMs);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      clearTimeout(killer);
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.attached = new Promise((resolve, reject) => {
      this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.#stderr += text;
        if (/: tracing/.test(this.#stderr)) resolve();
      });
      this.ended.then((result) => reject(new ToolFailed(name, result)), reject);
    });
    this.attached.catch(() => {}); // whoever only wants the result does not ask
  }

  /** What it has said so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Ctrl-C, and what the tool printed until its end. */
  async stop(): Promise<ToolResult> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

/** The events of JSON Lines, without losses and summary. */
export function rowsOf(text: string): Record<string, unknown>[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return all.filter(({ type }) => type !== 'lost' && type !== 'summary');
}

/** Everything known to be lost in JSON Lines; of recursion only a bound is known. */
export function lostIn(text: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith('{"type":"lost"'));
  const all = lines.map((line) => JSON.parse(line) as { count: number; cause: string });
  return all.reduce((sum, { count, cause }) => sum + (cause === 'recursion' ? 0 : count), 0);
}

/**
 * The reason why a kernel refuses a forced hook, or null if it takes it. Only the refusal counts;
 * any other failure is thrown.
 */
export function lacksHook(name: string, hook: string): Promise<string | null> {
  const key = `${name} ${hook}`;
  const known = lacking.get(key) ?? tryHook(name, hook);
  lacking.set(key, known);
  return known;
}

/** It is asked before each test, and in an emulated guest an answer takes seconds. */
const lacking = new Map<string, Promise<string | null>>();

async function tryHook(name: string, hook: string): Promise<string | null> {
  const { code, stderr } = await runTool(name, [
    '--no-drop',
    '--no-file',
    '--hook',
    hook,
    '--duration',
    '0.01',
  ]);
  if (code === 0) return null;
  if (code === 3) return refusal(name, hook, stderr);
  throw new Error(`${name} --hook ${hook}: exit ${code}: ${stderr}`);
}
