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
 * The programs whose objects are missing or out of date.
 *
 * @param {object} [options]
 * @param {readonly string[]} [options.names] only these programs (file name without .bpf.c)
 * @param {boolean} [options.force] those that are up to date too
 * @param {boolean} [options.fixtures] the programs of tests too; default true
 * @throws {Error} for a name that is no program, or without a compiler
 */
export function staleBpf({ names = [], force = false, fixtures = true } = {}) {
  const all = findSources(ROOT, { fixtures });
  for (const name of names) {
    if (!all.some((source) => source.name === name)) throw new Error(`no program ${name}.bpf.c`);
  }
  const wanted = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  const tools = compilers();
  forgetDigests();
  return wanted.filter((source) => force || !isFresh(source, tools));
}

/**
 * Compiles what changed.
 *
 * @param {Parameters<typeof staleBpf>[0] & { log?: (line: string) => void }} [options]
 *   as for `staleBpf`; `log` is called with a line for each program
 * @returns {Promise<{ built: string[], failed: string[] }>} programs compiled and refused; those
 *   that were fresh are in neither
 */
export async function buildBpf({ log = () => {}, ...options } = {}) {
  const stale = staleBpf(options);
  const tools = compilers();
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
