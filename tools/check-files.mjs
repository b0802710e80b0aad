#!/usr/bin/env node
// House rules for files: lengths (CONTRIBUTING), no build results, nothing of the machine that a
// file was written on. Prints each breach, and ends with 1 if there was one.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { reportIfMain, repositoryFiles } from './checks/report.mjs';
import { ROOT } from './setup/paths.mjs';

const LIMITS = [
  { files: /\.bpf\.[ch]$/, lines: 300 },
  { files: /\.(ts|mjs|cjs|js|cc|cpp|hh|hpp|c|h)$/, lines: 400 },
];
const RESULTS = /\.(o|node|tgz|tsbuildinfo)$|(^|\/)(dist|node_modules|prebuilds)\//;
const TEXT_LIMIT = 4 << 20;

/** What is too long in one file, or null. */
export function tooLong(path, text) {
  const limit = LIMITS.find(({ files }) => files.test(path))?.lines;
  const lines = text.split('\n').length - 1;
  if (limit === undefined || lines <= limit) return null;
  return `${path}: ${lines} lines, more than ${limit}: split it`;
}

/** The first of `words` in `text`, with its line, or null. */
export function mentions(path, text, words) {
  for (const [index, line] of text.split('\n').entries()) {
    const word = words.find((each) => line.includes(each));
    if (word !== undefined) return `${path}:${index + 1}: names this machine's ${word}`;
  }
  return null;
}

/** The hosts in apt's sources. */
export function hostsIn(sources) {
  return [...sources.matchAll(/^[^#\n]*?\bhttps?:\/\/([^/\s:]+)/gm)].map(([, host]) => host);
}

// Folders and mirrors of whoever runs this: none of them belongs into a file that others get.
function machineWords() {
  const folders = [ROOT, homedir()].filter((path) => path.split('/').length > 2);
  return [...folders, ...hostsIn(aptSources()), ...npmHosts()];
}

function aptSources() {
  const parts = '/etc/apt/sources.list.d';
  const paths = ['/etc/apt/sources.list', ...namesIn(parts).map((name) => join(parts, name))];
  return paths.map(textOf).join('\n');
}

function npmHosts() {
  const configs = [join(homedir(), '.npmrc'), '/etc/npmrc'].map(textOf).join('\n');
  const lines = configs.split('\n').filter((line) => /registry\s*=/.test(line));
  const set = process.env.npm_config_registry ?? '';
  return hostsIn([...lines, set].join('\n'));
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Every breach in the files of the repository. */
export function checkFiles(paths = repositoryFiles(), words = machineWords()) {
  const problems = [];
  for (const path of paths) {
    const stat = lstatSync(join(ROOT, path), { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    if (RESULTS.test(path))
      problems.push(`${path}: a build result, which does not belong into git`);
    if (stat.size > TEXT_LIMIT)
      problems.push(`${path}: ${stat.size} bytes, more than ${TEXT_LIMIT}`);
    const text = readFileSync(join(ROOT, path), 'utf8');
    problems.push(tooLong(path, text), mentions(path, text, words));
  }
  return problems.filter((problem) => problem !== null);
}

await reportIfMain(import.meta.url, () => checkFiles());
