#!/usr/bin/env node
// `npm run new-tool NAME`: a small tool that works, as a place to begin. It traces chdir(2), with
// every common option, tests and README; CONTRIBUTING.md says what to change in which order.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { SetupError } from './setup/error.mjs';
import { guarded, setup } from './setup/index.mjs';
import { ROOT, toolEnv } from './setup/paths.mjs';

const TEMPLATE = join(ROOT, 'tools', 'new-tool', 'template');
const COMM_LENGTH = 15;

/**
 * The forms of a tool's name, by the placeholder that stands for each in the template.
 *
 * @param {string} name as in `npm start -- NAME`
 */
export function namesOf(name) {
  const words = name.split('-');
  const capitals = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const identifier = words.join('_');
  return {
    __name__: name,
    __c_name__: identifier,
    __NAME__: identifier.toUpperCase(),
    __Name__: capitals,
    __cName__: capitals[0].toLowerCase() + capitals.slice(1),
    __comm__: `${name}-test`.slice(-COMM_LENGTH),
  };
}

/** `text` with every placeholder replaced. */
export function fill(text, names) {
  return text.replace(
    /__(?:name|c_name|NAME|Name|cName|comm)__/g,
    (placeholder) => names[placeholder],
  );
}

/** The files of a new tool: paths within the workspace and contents. */
export function filesOf(name) {
  const names = namesOf(name);
  return readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      path: fill(relative(TEMPLATE, path), names).replace(/^package\//, `packages/${name}/`),
      text: fill(readFileSync(path, 'utf8'), names),
    }));
}

/** @throws {SetupError} for a name that cannot be a package, a command and a C identifier, or is taken */
export function checkName(name, root = ROOT) {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name ?? '') || name.length > 30) {
    throw new SetupError(
      name === undefined ? 'A new tool needs a name' : `${name} cannot be a tool's name`,
      'Use small letters and digits, with dashes between words: npm run new-tool dnsnoop',
      { exitCode: 2 },
    );
  }
  for (const path of [`packages/${name}`, `bpf/${name}.bpf.c`]) {
    if (!existsSync(join(root, path))) continue;
    throw new SetupError(`${path} is there already`, 'Choose another name.', { exitCode: 2 });
  }
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    env: toolEnv(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status === 0) return;
  throw new SetupError(`${command} ended with ${status}`, 'What it printed is above.');
}

async function main() {
  const [name] = process.argv.slice(2);
  checkName(name);
  await setup({ lists: ['build', 'check'], build: false });
  const files = filesOf(name);
  for (const { path, text } of files) {
    mkdirSync(join(ROOT, dirname(path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  const paths = files.map(({ path }) => path);
  // Names differ in length, so lines break elsewhere than in the template.
  run('clang-format-19', ['-i', ...paths.filter((path) => /\.[ch]$/.test(path))]);
  run('biome', ['check', '--write', ...paths.filter((path) => /\.(ts|json)$/.test(path))]);
  run('pnpm', ['install', '--no-frozen-lockfile']);
  await setup();
  run(process.execPath, [join(ROOT, 'tools', 'docs.mjs'), name]);
  for (const path of [...paths, `packages/${name}/${name}.schema.json`]) console.log(path);
  console.log(`\nRun it:    npm start -- ${name}`);
  console.log(`Test it:   npm test -- packages/${name}`);
  console.log('Change it: CONTRIBUTING.md, "Add a tool in an afternoon", from step 3');
}

if (import.meta.filename === process.argv[1]) await guarded(main);
