// A vitest reporter that hands the outcome to the test command: counts and the reason of each skip.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** What one run of vitest came to. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: { test: string; reason: string }[];
}

/** Writes an `Outcome` as JSON to the file that IMAGESNOOP_OUTCOME names. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const path = process.env.IMAGESNOOP_OUTCOME;
    if (path === undefined) return;
    writeFileSync(path, JSON.stringify(outcomeOf(modules, errors.length)));
  }
}

function outcomeOf(modules: readonly TestModule[], unhandled: number): Outcome {
  const outcome: Outcome = { passed: 0, failed: unhandled, skipped: [] };
  for (const module of modules) {
    const tests = [...module.children.allTests()];
    for (const test of tests) count(test, outcome);
    // A file that fails to load, or a hook that throws, may leave no failed test behind.
    const told = tests.some((test) => test.result().state === 'failed');
    if (module.state() === 'failed' && !told) outcome.failed += 1;
  }
  return outcome;
}

function count(test: TestCase, outcome: Outcome): void {
  const result = test.result();
  if (result.state === 'passed') outcome.passed += 1;
  else if (result.state === 'failed') outcome.failed += 1;
  else {
    const reason = (result.state === 'skipped' && result.note) || 'not run';
    outcome.skipped.push({ test: `${test.module.relativeModuleId} > ${test.fullName}`, reason });
  }
}
