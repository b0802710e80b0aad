// A vitest reporter that says each step at once, as one JSON line after a record separator, so that
// results survive a machine that dies, and the test that was running then is known.
import { stripVTControlCharacters } from 'node:util';

/** Begins each line of ours on the guest's stdout; nothing else is expected to print it. */
export const MARK = '\x1e';

const say = (event) => process.stdout.write(`${MARK}${JSON.stringify(event)}\n`);

const identity = (test) => ({ file: test.module.relativeModuleId, name: test.fullName });

export default class StreamReporter {
  onTestModuleCollected(module) {
    for (const test of module.children.allTests()) say({ is: 'known', ...identity(test) });
  }

  onTestCaseReady(test) {
    say({ is: 'running', ...identity(test) });
  }

  onTestCaseResult(test) {
    const { state, note, errors } = test.result();
    const ms = Math.round(test.diagnostic()?.duration ?? 0);
    say({ is: 'done', ...identity(test), state, note, ms, errors: errors?.map(describe) });
  }

  /** A hook of a group that throws leaves its tests skipped, and no failed one. */
  onTestSuiteResult(suite) {
    this.#broken(suite, suite.module);
  }

  onTestModuleEnd(module) {
    this.#broken(module, module);
  }

  #broken(part, module) {
    const errors = part.errors().map(describe);
    if (errors.length > 0) say({ is: 'broken', file: module.relativeModuleId, errors });
  }

  onTestRunEnd(_modules, errors) {
    say({ is: 'end', errors: errors.map(describe) });
  }
}

/** Lines of a difference that are told: one may compare thousands of rows. */
const DIFF_LINES = 100;

/** An error as text, its message first; with what was expected and not met, if it compared. */
export function describe(error) {
  const text = String(error.stack || error.message || error);
  if (!error.diff) return text;
  const lines = stripVTControlCharacters(error.diff).split('\n');
  const rest = lines.length - DIFF_LINES;
  return [text, ...lines.slice(0, DIFF_LINES), ...(rest > 0 ? [`… and ${rest} lines`] : [])].join(
    '\n',
  );
}
