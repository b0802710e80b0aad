// What the image runs: `TOOL [ARGS]`, where TOOL is a package of ours beside this file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PACKAGES = join(import.meta.dirname, 'node_modules', '@imagesnoop');
const EXIT_USAGE = 2;
const WIDTH = 17;

/** The tools that are here: packages with a command of their own name. */
function tools() {
  return readdirSync(PACKAGES)
    .sort()
    .map((name) => ({ ...manifestOf(name), name }))
    .filter(({ name, bin }) => bin?.[name] !== undefined);
}

function manifestOf(name) {
  return JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8'));
}

function help() {
  const lines = tools().map(
    ({ name, description }) => `  ${name.padEnd(WIDTH)}${wrapped(description)}\n`,
  );
  return `usage: TOOL [ARGS]

${lines.join('')}
TOOL --help tells the rest; "loader doctor" tells what this machine can do.
`;
}

/** In lines that leave room for the names. */
function wrapped(text) {
  return text.match(/.{1,60}(?= |$)/g).join(`\n ${' '.repeat(WIDTH)}`);
}

const [wanted, ...args] = process.argv.slice(2);
const tool = tools().find(({ name }) => name === wanted);
if (tool !== undefined) {
  const path = join(PACKAGES, wanted, tool.bin[wanted]);
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
} else if (wanted === undefined || wanted === '--help' || wanted === '-h') {
  process.stdout.write(help());
} else {
  process.stderr.write(`imagesnoop: there is no tool ${JSON.stringify(wanted)}\n\n${help()}`);
  process.exitCode = EXIT_USAGE;
}
