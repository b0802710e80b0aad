// Each method of the addon in each state of its handle, with senseless receivers and arguments, on
// the main thread and in a worker.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { needKernel, OBJECT } from './support.js';

beforeEach(needKernel);

const HOSTILE = fileURLToPath(new URL('./fixtures/hostile.mjs', import.meta.url));
const ENDS = /^(returned|TypeError|BPF_[A-Z_]+)$/;

/** What may be asked of something closed. */
const HARMLESS = /\.(close|info|isLoaded)$/;
/** What an object without its load can do. */
const UNLOADED =
  /\.(about|autoload|setMaxEntries|types|info|close|reuse|programs|maps|struct|variable|isLoaded|load)$/;

type Tally = Record<string, Record<string, number>>;

const runHostile = (...args: string[]): Tally =>
  JSON.parse(
    execFileSync(process.execPath, [HOSTILE, OBJECT, ...args], {
      encoding: 'utf8',
      timeout: 60000,
    }),
  );

describe.each([
  ['on the main thread', []],
  ['in a worker', ['worker']],
])('%s', (_, args) => {
  let tally: Tally;
  beforeEach(() => {
    tally ??= runHostile(...args);
  });

  const of = (state: string) => Object.entries(tally).filter(([label]) => label.startsWith(state));

  test('every call returns or throws an error with a code', () => {
    const ends = new Set(Object.values(tally).flatMap((each) => Object.keys(each)));
    expect([...ends].filter((end) => !ENDS.test(end))).toEqual([]);
    expect(Object.keys(tally).length).toBeGreaterThan(100);
  });

  test('a wrong receiver and a constructor of one’s own are refused', () => {
    expect(Object.keys(tally['wrong receiver'] ?? {})).toEqual(['TypeError']);
    expect(Object.keys(tally['own constructor'] ?? {})).not.toContain('returned');
  });

  test('after the close every method says so', () => {
    const closed = of('closed').filter(([label]) => !HARMLESS.test(label));
    expect(closed.length).toBeGreaterThan(40);
    for (const [label, ends] of closed) {
      expect(
        Object.keys(ends).filter((end) => end !== 'BPF_INVALID_ARGUMENT'),
        label,
      ).toEqual(['BPF_CLOSED']);
    }
  });

  test('before the load nothing works that needs the kernel', () => {
    const unloaded = of('unloaded').filter(([label]) => !UNLOADED.test(label));
    expect(unloaded.length).toBeGreaterThan(20);
    for (const [label, ends] of unloaded)
      expect(Object.keys(ends), label).not.toContain('returned');
  });
});
