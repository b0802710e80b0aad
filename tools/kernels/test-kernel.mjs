// The kernel tests in one guest, all in one vitest: starting it costs more there than most tests.
import { repository } from './base.mjs';
import { testFiles } from './files.mjs';
import { runInGuest } from './guest.mjs';
import { HAS_HOOK, hookOf, Progress, rowsOf, toolOf } from './outcome.mjs';

/** Test files at a time with `--hooks`. */
const HOOK_WORKERS = 3;

/**
 * @param {ReturnType<import('./options.mjs').parseTestArguments> & { kernel: string,
 *   say?: (text: string) => void }} options say: called with each result as it comes; else it is printed
 * @returns {Promise<{ kernel: string, cells: import('./table.mjs').Cell[], problems: string[],
 *   retries: number, seconds: number }>} problems: what failed beside the tests themselves
 */
export async function testKernel({
  kernel,
  tools,
  hooks = false,
  command = vitestCommand(tools, hooks),
  say = (text) => process.stdout.write(text),
  ...options
}) {
  const started = Date.now();
  const progress = new Progress(hooks ? (name) => hookOf(name) !== '-' : undefined);
  const rest = [];
  const outcome = await runInGuest({
    ...options,
    kernel,
    command,
    cwd: repository,
    stdout: eachLine((line) => {
      const event = progress.feed(line);
      if (event?.is === 'done') say(resultLine(kernel, event));
      else if (event === null) rest.push(line);
    }),
    stderr: eachLine((line) => rest.push(line)),
  });
  const problems = problemsOf(outcome, progress, rest, options.seconds);
  const unfinished = progress.ended
    ? 'never finished'
    : `not run: ${problems[0] ?? 'vitest ended'}`;
  const { arch, release } = outcome.kernel;
  const cells = rowsOf(progress.tests.values(), unfinished).map((row) => ({
    kernel,
    arch,
    release,
    ...row,
  }));
  for (const test of progress.tests.values())
    if (test.state === 'failed') say(errorLines(kernel, test));
  return {
    kernel,
    cells,
    problems,
    retries: outcome.retries,
    seconds: (Date.now() - started) / 1000,
  };
}

/**
 * Tests of hooks wait more than they compute, and each tool's tell their own workload from others':
 * several files at a time. All tests of a tool go one by one, as they do outside.
 */
function vitestCommand(tools, hooks) {
  const reporter = './tools/kernels/reporter.mjs';
  return [
    'node',
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=kernel',
    // A process for each file costs 6 s each here.
    '--no-isolate',
    `--reporter=${reporter}`,
    ...(hooks ? ['-t', HAS_HOOK, `--maxWorkers=${HOOK_WORKERS}`] : []),
    ...testFiles(repository, tools, hooks),
  ];
}

function problemsOf(outcome, progress, rest, seconds) {
  const problems = [...progress.errors];
  const { how, cry, reason, words, status, phase } = outcome;
  if (how !== 'done' || cry) {
    const during = progress.running ? ` in "${progress.running.name}"` : '';
    const when =
      how === 'hung'
        ? `the machine hung (${phase === 'done' ? 'after the tests' : phase})`
        : `the machine died (${how})`;
    const what = how === 'done' ? 'the kernel complained' : when;
    problems.unshift(`${what}${during}: ${cry ?? reason ?? 'no reason on its console'}`);
    problems.push(`last words\n${words.join('\n')}`);
  } else if (!progress.ended) {
    const ran = (outcome.totalMs - outcome.bootMs) / 1000;
    const limit = status === 137 && ran >= seconds ? ' (the limit, --seconds)' : '';
    problems.push(
      `vitest ended with ${status}${limit} before its tests\n${rest.slice(-30).join('\n')}`,
    );
  } else if (progress.tests.size === 0) {
    problems.push('no test was found');
  }
  return problems;
}

function resultLine(kernel, { file, name, state, ms, note, errors = [] }) {
  const [reason] = (note ?? errors[0] ?? '').split('\n');
  const why = reason ? `: ${reason}` : '';
  const time = `${(ms / 1000).toFixed(1)} s`;
  return `${kernel}  ${toolOf(file)}  ${name}  ${state}${why}  ${time}\n`;
}

const errorLines = (kernel, { file, name, errors = [] }) =>
  `\n${kernel}  ${file}  ${name}\n${errors.join('\n')}\n`;

/** Calls back for each whole line of a stream of bytes. */
function eachLine(use) {
  let rest = '';
  const decoder = new TextDecoder();
  return (bytes) => {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop();
    for (const part of parts) use(part);
  };
}
