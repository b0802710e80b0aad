#!/usr/bin/env node
// The long run of the tests that try mutated inputs on containerdsnoop's decoders:
// `npm run fuzz [RUNS] [SEED]`, by default a million inputs for each, from another seed each time.
// Hours, at low priority; what fails is printed with its input and can be had again with the seed.
// Every `npm test` makes a short run of the same.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { ROOT, toolEnv } from './setup/paths.mjs';

const [runs = '1000000', seed = String(Math.floor(Math.random() * 2 ** 31))] =
  process.argv.slice(2);
if (![runs, seed].every((text) => /^[1-9]\d{0,9}$/.test(text))) {
  console.error('usage: npm run fuzz [RUNS] [SEED], both whole numbers from 1');
  process.exit(2);
}
console.log(`${runs} inputs for each decoder; the same again: npm run fuzz ${runs} ${seed}`);
setPriority(constants.priority.PRIORITY_LOW);
const args = ['run', '--project=unit', '--testTimeout=0', '-t', 'fuzz', 'packages/containerdsnoop'];
const child = spawn('vitest', args, {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...toolEnv(), FUZZ_RUNS: runs, FUZZ_SEED: seed },
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
