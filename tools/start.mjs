#!/usr/bin/env node
// `npm start -- TOOL [ARGS]`: sets the machine and the clone up where needed, then becomes TOOL.
// `npm start`: a guided first look.
//
// The tool runs in this process, not in a child: signals, exit code and standard streams are then
// the tool's own, and a second start does not pay for a second boot of Node.js.
import { pathToFileURL } from 'node:url';
import { binaries, nearest } from './setup/binaries.mjs';
import { SetupError } from './setup/error.mjs';
import { guarded, setup } from './setup/index.mjs';

await guarded(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) {
    await setup();
    const { firstLook } = await import('./first-look/index.mjs');
    await firstLook();
    return;
  }
  const tool = find(name);
  await setup();
  // npm runs its scripts in the package's folder, and tells here where the user is.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.argv = [process.argv[0], tool.path, ...args];
  await import(pathToFileURL(tool.path).href);
});

function find(name) {
  const all = binaries();
  const tool = all.get(name);
  if (tool !== undefined) return tool;
  const near = nearest(name, [...all.keys()]);
  const width = Math.max(...[...all.keys()].map((each) => each.length));
  const list = [...all].map(([each, { description }]) => `${each.padEnd(width)}  ${description}`);
  throw new SetupError(
    `There is no tool ${name}`,
    [near === null ? 'The tools are:' : `Did you mean ${near}? The tools are:`, ...list].join(
      '\n    ',
    ),
    { exitCode: 2 },
  );
}
