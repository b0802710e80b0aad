// Publishes the workspace to a registry of ours, as a release does to the public one.
import { toolEnv } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/**
 * @param {NodeJS.ProcessEnv} env of `startRegistry()`
 * @returns {Promise<string[]>} what was published: `@imagesnoop/output@0.1.0`
 */
export async function publish(env) {
  // The tag of a release belongs to the repository, which this leaves alone.
  const said = await run('changeset', ['publish', '--no-git-tag'], {
    env: { ...toolEnv(), ...env },
  });
  return [...said.matchAll(/^🦋\s+(@imagesnoop\/\S+@\S+)$/gmu)].map(([, name]) => name).sort();
}
