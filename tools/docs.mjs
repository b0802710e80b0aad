#!/usr/bin/env node
// Writes what follows from the tools' own tables: the JSON Schema of each tool, and the options and
// fields in its README, between `<!-- generated: options -->` and `<!-- end -->`. `npm run docs [TOOL...]`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describeTool, replacePart, toolFolders } from './docs/tool.mjs';
import { ROOT } from './setup/paths.mjs';

const PARTS = ['options', 'fields'];

/**
 * Every generated file as it should be.
 *
 * @returns {Promise<{ files: { path: string, text: string }[], problems: string[] }>}
 */
export async function generated(folders = toolFolders()) {
  const files = [];
  const problems = [];
  for (const folder of folders) {
    const tool = await describeTool(folder);
    files.push({ path: join(folder, `${basename(folder)}.schema.json`), text: tool.schema });
    const path = join(folder, 'README.md');
    let text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    for (const part of PARTS) {
      const replaced = replacePart(text, part, tool[part]);
      if (replaced === null) {
        problems.push(
          `${relative(ROOT, path)}: has no part <!-- generated: ${part} --> <!-- end -->`,
        );
      }
      text = replaced ?? text;
    }
    if (text !== '') files.push({ path, text });
  }
  return { files, problems };
}

/** The generated files that are not as they should be. */
export async function staleFiles(folders = toolFolders()) {
  const { files, problems } = await generated(folders);
  const stale = files.filter(
    ({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
  );
  return { stale, problems };
}

if (import.meta.filename === process.argv[1]) {
  const names = process.argv.slice(2);
  const wanted = (folder) => names.length === 0 || names.includes(basename(folder));
  const { stale, problems } = await staleFiles(toolFolders().filter(wanted));
  for (const { path, text } of stale) {
    writeFileSync(path, text);
    console.log(`wrote ${relative(ROOT, path)}`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
