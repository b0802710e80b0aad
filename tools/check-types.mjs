#!/usr/bin/env node
// Types of everything that the builds do not compile: tests, tools, configuration.
import { spawnSync } from 'node:child_process';
import { ROOT, toolEnv } from './setup/paths.mjs';

const { status } = spawnSync('tsc', ['-p', 'tsconfig.json'], {
  cwd: ROOT,
  env: toolEnv(),
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exitCode = status ?? 1;
