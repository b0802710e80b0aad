// The program that makes each kind of attempt, and how its word compares with a row.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { compiled } from '../../../tools/testing/compiled.mjs';

/** What the program says of one attempt. */
export interface Attempt {
  readonly kind: string;
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly comm: string;
  readonly family: number;
  readonly saddr: string;
  readonly lport: number;
  readonly daddr: string;
  readonly dport: number;
  readonly ret: number | null;
  readonly error: string | null;
}

export type Row = Readonly<Record<string, unknown>>;

/** Threads of the program have either name. */
export const ONLY_OURS = ['--comm', 'connects', '--comm', 'worker'];

/** A folder of our own in which the programs of test/workload run. */
export class Workload {
  readonly folder = mkdtempSync(join(tmpdir(), 'tcpconnect-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs one of the programs and returns what it tells, an object per line. */
  async run<Told = Attempt>(program: string, ...args: readonly string[]): Promise<Told[]> {
    const source = new URL(`./workload/${program}.c`, import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(compiled(source), args, {
      cwd: this.folder,
      maxBuffer: 1 << 28,
    });
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Told);
  }

  /** Takes the mark of an earlier run away. */
  forget(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  /** Waits until the program has made its mark: an empty file of this name. */
  async until(name: string): Promise<void> {
    while (!existsSync(this.path(name))) await setTimeout(20);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const COMPARED = [
  ...['pid', 'tid', 'uid', 'comm', 'family', 'saddr', 'lport', 'daddr', 'dport'],
  ...['ret', 'error'],
] as const;

/** The parts that both sides know, as text that sorts and compares. */
export function facts(all: readonly object[], compared: readonly string[] = COMPARED): string[] {
  return all.map((one) => JSON.stringify(compared.map((name) => (one as Row)[name]))).sort();
}
