// What the tests in one guest came to: from the reporter's lines to rows of tool and hook.
import { repository } from './base.mjs';
import { MARK } from './reporter.mjs';

/** The hook a test is about: the last word in brackets of its name; a dash for none. */
export const hookOf = (name) => /.*\[(\w+)\]/.exec(name)?.[1] ?? '-';

/** What names of such tests match, as vitest's `-t` takes it. */
export const HAS_HOOK = '\\[\\w+\\]';

/** The package (or, outside of packages, the folder) that a test file belongs to. */
export const toolOf = (file) => /(?:packages|tools)\/([^/]+)\//.exec(file)?.[1] ?? file;

/**
 * @typedef {'passed' | 'failed' | 'skipped' | 'pending'} State
 * @typedef {{ file: string, name: string, state: State, ms: number, note?: string,
 *   errors?: string[] }} Test
 */

/** Follows the reporter line by line. */
export class Progress {
  /** @type {Map<string, Test>} */
  tests = new Map();
  /** Errors outside of tests: files that could not be loaded, unhandled rejections. */
  errors = [];
  ended = false;
  running;
  #wanted;

  /** @param {(name: string) => boolean} [wanted] tests to follow; default all */
  constructor(wanted = () => true) {
    this.#wanted = wanted;
  }

  /**
   * @param {string} line of the guest's stdout
   * @returns {object | null} the reporter's event, or null for a line that is not its own
   */
  feed(line) {
    if (!line.startsWith(MARK)) return null;
    const event = JSON.parse(line.slice(MARK.length));
    const { is, file, name, ...rest } = event;
    if (name !== undefined && !this.#wanted(name)) return { is: 'unwanted' };
    const key = `${file}\0${name}`;
    if (is === 'known') this.tests.set(key, { file, name, state: 'pending', ms: 0 });
    if (is === 'running') this.running = { file, name };
    if (is === 'done') this.tests.set(key, { file, name, ...rest });
    if (is === 'broken' || is === 'end') {
      for (const error of rest.errors) this.errors.push(file ? `${file}: ${error}` : error);
    }
    if (is === 'end') this.ended = true;
    return event;
  }
}

/**
 * Tests as one row for each tool and hook, in the order in which they were met.
 * @param {Iterable<Test>} tests
 * @param {string} unfinished why tests that never ended did not
 * @returns {Row[]}
 *
 * @typedef {object} Row
 * @property {string} tool
 * @property {string} hook
 * @property {'ok' | 'failed' | 'cannot'} result `cannot`: every test was skipped
 * @property {number} passed @property {number} failed @property {number} skipped
 * @property {number} seconds
 * @property {string} why of the first failure, or of the skips
 */
export function rowsOf(tests, unfinished) {
  const rows = new Map();
  for (const test of tests) {
    const [tool, hook] = [toolOf(test.file), hookOf(test.name)];
    const key = `${tool}\0${hook}`;
    const row = rows.get(key) ?? {
      tool,
      hook,
      passed: 0,
      failed: 0,
      skipped: 0,
      ms: 0,
      reasons: [],
    };
    rows.set(key, row);
    row.ms += test.ms;
    if (test.state === 'passed') row.passed += 1;
    else if (test.state === 'skipped' && test.note) {
      row.skipped += 1;
      row.reasons.push([1, test.note]);
    } else {
      row.failed += 1;
      row.reasons.push([0, failure(test, unfinished)]);
    }
  }
  return [...rows.values()].map(({ ms, reasons, ...row }) => ({
    ...row,
    result: row.failed > 0 ? 'failed' : row.passed > 0 ? 'ok' : 'cannot',
    seconds: Math.round(ms / 100) / 10,
    why: reasonsOf(reasons),
  }));
}

/** Failures before skips; each reason once. */
function reasonsOf(reasons) {
  const ordered = [...reasons].sort(([first], [second]) => first - second);
  const worst = ordered[0]?.[0];
  const texts = ordered.filter(([rank]) => rank === worst).map(([, text]) => text);
  return [...new Set(texts.map(brief))].join('; ');
}

/** One line that means the same on any machine. */
const brief = (text) => {
  const [line] = text.trim().replaceAll(`${repository}/`, '').split('\n');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
};

/** A test skipped without a reason is one whose preparation failed. */
function failure({ state, errors = [] }, unfinished) {
  if (state === 'pending') return unfinished;
  if (state === 'skipped') return 'not run, and nothing says why';
  return errors[0] ?? 'no reason given';
}
