#!/usr/bin/env node
// Imports run one way: a tool uses loader, containers and output; loader uses bpf-core, output
// telemetry; nothing else. Prints each import that does not, and ends with 1 if there was one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { reportIfMain } from './checks/report.mjs';
import { ROOT } from './setup/paths.mjs';

const SCOPE = '@imagesnoop/';
const LIBRARIES = {
  'bpf-core': [],
  loader: ['bpf-core'],
  containers: [],
  output: ['telemetry'],
  telemetry: [],
};
const TOOL_USES = ['loader', 'containers', 'output'];
/** The part of output in a tool's binary loads it from where the tool is. */
const TOOL_NEEDS = [...TOOL_USES, 'telemetry'];
/** The only files of a tool that may know both where rows come from and how they are shown. */
const MEETING_POINTS = ['main.ts', 'columns.ts', 'index.ts'];

const IMPORT =
  /\b(?:import|export)\s+(?:type\s+)?(?:[\w$*{][^'";]*?\s+from\s+)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]/g;
const INCLUDE = /^\s*#\s*include\s+"([^"]+)"/gm;

/** The module names in a TypeScript or JavaScript source. */
export function importsOf(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...code.matchAll(IMPORT)].map((match) => match[1] ?? match[2]);
}

/**
 * Every breach of the directions under `root`.
 *
 * @param {string} [root] a workspace with packages/ and bpf/
 * @returns {string[]} one line each: file and what is wrong
 */
export function checkImports(root = ROOT) {
  const packages = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  );
  return [...packages.flatMap((name) => checkPackage(root, name)), ...checkBpf(root)];
}

function checkPackage(root, name) {
  const folder = join(root, 'packages', name);
  const allowed = LIBRARIES[name] ?? TOOL_USES;
  const needed = LIBRARIES[name] ?? TOOL_NEEDS;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const declared = Object.keys(manifest.dependencies ?? {});
  const problems = workspaceNames(declared)
    .filter((used) => !needed.includes(used))
    .map((used) => `packages/${name}/package.json: ${name} must not depend on ${used}`);
  for (const path of sourcesIn(join(folder, 'src'))) {
    const where = relative(root, path);
    const modules = importsOf(readFileSync(path, 'utf8'));
    const used = workspaceNames(modules);
    for (const other of used) {
      if (!allowed.includes(other)) problems.push(`${where}: ${name} must not import ${other}`);
      else if (!declared.includes(SCOPE + other)) {
        problems.push(`${where}: imports ${other}, which package.json does not list`);
      }
    }
    for (const module of modules.filter((each) => each.startsWith('.'))) {
      if (leaves(folder, path, module)) problems.push(`${where}: ${module} is outside the package`);
    }
    const meets = used.includes('loader') && used.includes('output');
    if (meets && !MEETING_POINTS.includes(basename(path))) {
      problems.push(
        `${where}: loader and output may meet only in ${MEETING_POINTS.join(', ')} of a tool`,
      );
    }
  }
  return problems;
}

// A program may include the shared headers and those of its own tool: bpf/<tool>.h, bpf/<tool>/.
function checkBpf(root) {
  const folder = join(root, 'bpf');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.[ch]$/.test(name));
  const toolOf = (path) => path.split(/[./]/)[0];
  const tools = files.filter((name) => name.endsWith('.bpf.c')).map(toolOf);
  return files.sort().flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(INCLUDE)]
      .map(([, header]) => header)
      .filter((header) => tools.includes(toolOf(header)) && toolOf(header) !== toolOf(name))
      .map((header) => `bpf/${name}: must not include ${header}, which is another tool's`),
  );
}

function workspaceNames(modules) {
  return modules
    .filter((module) => module.startsWith(SCOPE))
    .map((module) => module.slice(SCOPE.length).split('/')[0]);
}

function leaves(folder, path, module) {
  const target = resolve(dirname(path), module);
  return !target.startsWith(folder + sep);
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.[mc]?[jt]s$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

await reportIfMain(import.meta.url, () => checkImports());
