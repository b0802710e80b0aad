// The command line of `tools/kernels/run`.
import { constants } from 'node:os';
import { note, report } from './base.mjs';
import { runInGuest } from './guest.mjs';
import { parseArguments, RUN_USAGE } from './options.mjs';

/** Status when the machine, not the command, failed. */
const MACHINE_FAILED = 125;

export async function runCommand(argv) {
  try {
    const options = parseArguments(argv);
    if (options.help) {
      process.stdout.write(RUN_USAGE);
      return;
    }
    const aborted = new AbortController();
    let asked = 0;
    let send = () => {};
    for (const name of ['SIGINT', 'SIGTERM']) {
      process.on(name, () => {
        asked += 1;
        if (asked === 1) send(name.slice(3));
        else aborted.abort();
      });
    }
    const outcome = await runInGuest({
      ...options,
      cwd: process.cwd(),
      stdout: (bytes) => process.stdout.write(bytes),
      stderr: (bytes) => process.stderr.write(bytes),
      signal: aborted.signal,
      onStart: (sender) => {
        send = sender;
      },
    });
    process.exitCode = conclude(outcome, options);
  } catch (error) {
    report(error, error?.code === 'KERNELS_USAGE' ? 2 : MACHINE_FAILED);
  }
}

function conclude(outcome, { kernel, seconds, verbose }) {
  const took = `boot ${(outcome.bootMs / 1000).toFixed(1)} s, in all ${(outcome.totalMs / 1000).toFixed(1)} s`;
  if (outcome.how === 'done' && !outcome.cry) {
    if (verbose) note(`${outcome.release}: status ${outcome.status}; ${took}`);
    if (outcome.status === 128 + constants.signals.SIGKILL) {
      note(`${kernel}: the command was killed; its limit is ${seconds} s (--seconds)`);
    }
    return outcome.status;
  }
  const what = {
    boot: 'the machine died while booting',
    died: 'the machine died while the command ran',
    hung: 'the machine hung and was ended',
    aborted: 'ended as asked',
    done: 'the kernel complained while the command ran',
  }[outcome.how];
  note(
    `${kernel}: ${what} (${outcome.reason ?? outcome.cry ?? 'no reason on its console'}); ${took}`,
  );
  if (outcome.how !== 'aborted') {
    process.stderr.write(`--- last words\n${outcome.words.join('\n')}\n---\n`);
  }
  return MACHINE_FAILED;
}
