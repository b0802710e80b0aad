// Compiles one BPF program for each architecture and checks what came out.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { structsOf } from './elf-btf.mjs';
import { remember } from './stamp.mjs';
import { flagsFor, ROOT, STRIPPED } from './toolchain.mjs';

const run = promisify(execFile);

/**
 * @param {import('./sources.mjs').BpfSource} source
 * @returns {Promise<{ path: string, size: number }[]>} the objects put in place
 * @throws {Error} what the compiler said, or which event struct the object's BTF lacks
 */
export async function compile(source, tools) {
  const work = join(ROOT, '.cache', 'bpf', `${source.name}.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const x64 = await compileFor('x64', source, tools, work);
    checkEvents(source, readFileSync(x64.object));
    const inputs = new Set(x64.inputs);
    const outputs = [place(x64.object, source.output)];
    if (source.outputArm64 !== null) {
      const arm64 = await compileFor('arm64', source, tools, work);
      for (const path of arm64.inputs) inputs.add(path);
      if (readFileSync(arm64.object).equals(readFileSync(source.output))) {
        rmSync(source.outputArm64, { force: true });
      } else {
        outputs.push(place(arm64.object, source.outputArm64));
      }
    }
    remember(source, tools, [...inputs], outputs);
    return outputs;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function compileFor(arch, source, tools, work) {
  const object = join(work, `${arch}.o`);
  const list = join(work, `${arch}.d`);
  const input = relative(ROOT, source.path);
  try {
    await run(tools.clang, [...flagsFor(arch), '-MD', '-MF', list, '-c', input, '-o', object], {
      cwd: ROOT,
    });
    await run(tools.strip, [...STRIPPED, object]);
  } catch (error) {
    throw new Error(error.stderr || error.message);
  }
  return { object, inputs: parseDependencies(readFileSync(list, 'utf8')) };
}

/** The paths of a make rule `target: a b \ c`; a space within a path is written `\ `. */
export function parseDependencies(rule) {
  return rule
    .slice(rule.indexOf(': ') + 2)
    .replaceAll('\\\n', ' ')
    .split(/(?<!\\)\s+/)
    .filter((path) => path !== '')
    .map((path) => path.replaceAll('\\ ', ' '));
}

/** The structs in the text of a C header that begin with `struct event_header`. */
export function eventStructs(header) {
  const code = header.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  return [...code.matchAll(/\bstruct\s+(\w+)\s*\{\s*struct\s+event_header\b/g)].map(
    ([, name]) => name,
  );
}

// User space decodes by BTF, and clang leaves a struct out of it that no variable, parameter or
// map mentions. Better to learn that here than at the user's first event.
function checkEvents(source, object) {
  const structs = structsOf(object);
  if (structs === null) throw new Error(`${basename(source.output)}: no BTF; is it built with -g?`);
  let header;
  try {
    header = readFileSync(source.path.replace(/\.bpf\.c$/, '.h'), 'utf8');
  } catch {
    return;
  }
  for (const name of eventStructs(header)) {
    if (structs.has(name)) continue;
    throw new Error(
      `struct ${name} is not in the object's BTF; mention it in the program, e.g. with\n` +
        `  const struct ${name} *unused_${name} __attribute__((unused));`,
    );
  }
}

// Copied beside its place first, since a rename works within one file system only.
function place(from, to) {
  const own = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, own);
  renameSync(own, to);
  return { path: to, size: statSync(to).size };
}
