#!/usr/bin/env node
// Makes the schema that containerdsnoop brings along, for servers that cannot be read: what Debian's
// containerd and its shim were compiled with, found by the tool's own scanner.
//
//   node tools/schemas/build.mjs     -> packages/containerdsnoop/schema/containerd.binpb
//
// The package is fetched and unpacked, never installed; nothing of it is kept but the descriptors.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { ensure, isFresh, keyOf } from '../native/stamp.mjs';
import { ROOT } from '../setup/paths.mjs';

/** 1.7 has CRI v1 and v1alpha2 side by side, and all services of 1.6. */
const SUITE = 'trixie';
const PACKAGE = 'containerd';
const EXECUTABLES = ['usr/bin/containerd', 'usr/bin/containerd-shim-runc-v2'];

const FOLDER = join(ROOT, 'packages', 'containerdsnoop');
const SCANNER = join(FOLDER, 'src', 'decode', 'schema');
const SOURCES = ['scan.ts', 'descriptor.ts'].map((name) => join(SCANNER, name));
const RESULT = join(FOLDER, 'schema');

function key() {
  return keyOf([SUITE, PACKAGE, ...EXECUTABLES], SOURCES);
}

/** Whether the schema is there, and what it is made by has not changed. */
export function schemaIsFresh() {
  return isFresh(RESULT, key());
}

/** Makes the schema unless it is fresh; whether it was made now. */
export function buildSchema() {
  return ensure(RESULT, key(), async (scratch) => {
    const { descriptorsIn, setOfFiles } = await scanner();
    const parts = `${scratch}.package`;
    mkdirSync(parts);
    try {
      unpack(openArchive([SUITE]).download([PACKAGE], parts), parts);
      const found = descriptorsIn(EXECUTABLES.map((path) => readFileSync(join(parts, path))));
      if (found.length === 0) throw new Error(`${PACKAGE} of ${SUITE} holds no descriptors`);
      writeFileSync(join(scratch, 'containerd.binpb'), setOfFiles(found));
    } finally {
      rmSync(parts, { recursive: true, force: true });
    }
  });
}

/** The tool's scanner, compiled on the spot: the packages are built after this. */
async function scanner() {
  const { build } = await import('esbuild');
  const entry = `export * from './from-files.js'; export { setOfFiles } from './descriptor.js';`;
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: SCANNER, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  const [{ contents }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`);
}

if (import.meta.filename === process.argv[1]) {
  try {
    if (await buildSchema()) process.stderr.write('schemas: made containerd.binpb\n');
  } catch (error) {
    process.stderr.write(`schemas: ${error.message}\n`);
    if (error.hint) process.stderr.write(`  ${error.hint}\n`);
    process.exitCode = 1;
  }
}
