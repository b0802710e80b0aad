// The programs that connect and accept, and how their word compares with rows.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { release } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { compiled } from '../../../tools/testing/compiled.mjs';

export type Row = Readonly<Record<string, unknown>>;

const program = (name: string) =>
  compiled(new URL(`./workload/${name}.c`, import.meta.url).pathname);

/** Both processes of test/workload/flows.c, threads included. */
export const CLIENT = `client-${process.pid}`;
const SERVER = `server-${process.pid}`;
export const ONLY_OURS = ['--comm', CLIENT, '--comm', SERVER];
export const OURS = {
  comms: { mode: 'include', values: new Set([CLIENT, SERVER]) },
} as const;
/** Other test files may run programs of these names at the same time. */
const env = { ...process.env, FLOWS_OF: `${process.pid}` };

/** Runs a program of test/workload and returns what it tells, an object per line. */
export async function run(name: string, ...args: readonly string[]): Promise<Row[]> {
  const { stdout } = await promisify(execFile)(program(name), args, { maxBuffer: 1 << 28, env });
  return parse(stdout.split('\n'));
}

function parse(lines: readonly string[]): Row[] {
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** Connections that stay open until they are to be closed. */
export class OpenConnections {
  readonly #child: ChildProcess = spawn(program('flows'), ['open'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  });
  readonly #lines: string[] = [];
  readonly #open: Promise<void>;

  constructor() {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no pipe');
    this.#open = new Promise((resolve) => {
      createInterface(stdout).on('line', (line) => {
        if (line === '') resolve();
        else this.#lines.push(line);
      });
    });
  }

  /** Waits until they are open; both sides of each. */
  async opened(): Promise<Row[]> {
    await this.#open;
    return parse(this.#lines);
  }

  /** Closes them. */
  async closed(): Promise<Row[]> {
    const before = this.#lines.length;
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end('\n');
    await ended;
    return parse(this.#lines.slice(before));
  }
}

const [MAJOR, MINOR] = release().split('.').map(Number) as [number, number];
/** Of the kernel: 512 is Linux 5.12. */
export const VERSION = MAJOR * 100 + MINOR;

/** Accepts of io_uring that tracepoints alone do not show: README.md, "What it cannot see". */
const URING_PORTS = [7018, 7019];
export const visible = (hook: string) => (row: Row) =>
  hook !== 'tracepoint' ||
  VERSION >= 519 ||
  row.call !== 'accept' ||
  !URING_PORTS.includes(row.sport as number);

/** The parts that both sides know, as text that sorts and compares. */
export function facts(all: readonly Row[], compared: readonly string[]): string[] {
  return all.map((one) => JSON.stringify(compared.map((name) => one[name]))).sort();
}
