#!/usr/bin/env node
// Compiles every BPF program of the workspace: `node tools/build-bpf.mjs [--force] [NAME...]`.
//
//   bpf/<tool>.bpf.c                          -> packages/<tool>/bpf/<tool>.bpf.o
//                                                and <tool>.arm64.bpf.o where that one differs
//   {packages,tools}/*/test/fixtures/*.bpf.c  -> the .bpf.o beside the source
//
// A source is compiled again only when its own bytes, those of a header it includes, the compiler
// or the flags have changed. Objects are put in place by rename, so that an interrupted build
// never leaves half a one. Progress goes to stderr.
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './bpf/compile.mjs';
import { findSources } from './bpf/sources.mjs';
import { forgetDigests, isFresh } from './bpf/stamp.mjs';
import { compilers, ROOT } from './bpf/toolchain.mjs';

const PARALLEL = 2;

/**
 * Compiles what changed.
 *
 * @param {{ names?: readonly string[], force?: boolean, log?: (line: string) => void }} [options]
 *   `names`: only these programs (file name without .bpf.c); `log`: called with progress lines
 * @returns {Promise<{ built: string[], failed: string[] }>} programs compiled and refused; those
 *   that were fresh are in neither
 */
export async function buildBpf({ names = [], force = false, log = () => {} } = {}) {
  const sources = findSources(ROOT).filter(
    ({ name }) => names.length === 0 || names.includes(name),
  );
  for (const name of names) {
    if (!sources.some((source) => source.name === name))
      throw new Error(`no program ${name}.bpf.c`);
  }
  const tools = compilers();
  forgetDigests();
  const stale = sources.filter((source) => force || !isFresh(source, tools));
  const built = [];
  const failed = [];
  const worker = async () => {
    for (let source = stale.shift(); source !== undefined; source = stale.shift()) {
      const label = relative(ROOT, source.path);
      try {
        const outputs = await compile(source, tools);
        built.push(source.name);
        log(`compiled ${label}: ${outputs.map(describe).join(', ')}`);
      } catch (error) {
        failed.push(source.name);
        log(`failed ${label}\n${error.message.trim()}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { built, failed };
}

function describe({ path, size }) {
  return `${basename(path)} (${size} bytes)`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2).filter((arg) => arg !== '--force');
  try {
    const { failed } = await buildBpf({
      names,
      force: process.argv.includes('--force'),
      log: (line) => process.stderr.write(`bpf: ${line}\n`),
    });
    if (failed.length > 0) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`bpf: ${error.message}\n`);
    process.exitCode = 1;
  }
}
