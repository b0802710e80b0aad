// A command in a guest: everything from names to the outcome, with the one retry that is allowed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../setup/lock.mjs';
import { cache, note } from './base.mjs';
import { fetchKernel } from './catalogue.mjs';
import { guestBusybox } from './emulator.mjs';
import { fetchHeaders } from './headers.mjs';
import { buildInitrd } from './initrd.mjs';
import { jobArchive, script } from './job.mjs';
import { boot } from './machine.mjs';
import { guestRoot } from './root.mjs';

/**
 * Fetches and builds what the guest needs, boots it and runs the command.
 *
 * A machine that dies before its init speaks is started once more, which is said and counted: an
 * emulated boot may fail by itself. From then on nothing is tried twice.
 *
 * @returns {Promise<import('./machine.mjs').Outcome & { retries: number, kernel: object }>}
 */
export async function runInGuest({
  kernel: name,
  arch = 'amd64',
  command,
  cwd,
  env,
  degrade,
  headers = false,
  snapshot,
  seconds = 300,
  ...rest
}) {
  const { kernel, initrd, root, setup } = await withLock(
    join(cache, 'lock'),
    () => prepare(name, arch, headers),
    (pid) => note(`${name}: waiting for process ${pid}, which prepares a kernel`),
  );
  const text = script({
    command,
    cwd,
    env: {
      ...env,
      IMAGESNOOP_GUEST: `${name}-${arch}`,
      IMAGESNOOP_CONFIG: kernel.config,
      IMAGESNOOP_LACKS: degrade.lacks.join(' '),
    },
    setup: [...setup, ...degrade.setup],
    prefix: degrade.prefix,
  });
  const job = jobArchive(text, { modules: kernel.modules, seconds });
  const wish = {
    kernel,
    initrd: Buffer.concat([job, initrd]),
    share: { root, snapshot },
    seconds,
    append: degrade.append,
    ...rest,
  };
  let outcome = await boot(wish);
  let retries = 0;
  if (outcome.how === 'boot') {
    retries = 1;
    note(
      `${name}: the machine died while booting (${outcome.cry ?? 'no reason on its console'}), started once more`,
    );
    outcome = await boot(wish);
  }
  return { ...outcome, retries, kernel };
}

/** Everything on the host's side, fetched and built when missing; one process at a time. */
function prepare(name, arch, headers) {
  const kernel = fetchKernel(name, arch);
  const initrd = readFileSync(buildInitrd(kernel, guestBusybox(arch)));
  const setup = headers ? fetchHeaders(kernel) : [];
  return { kernel, initrd, root: guestRoot(arch), setup };
}
