import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { staleFiles } from '../../docs.mjs';
import { ROOT } from '../../setup/paths.mjs';
import { describeTool, replacePart } from '../tool.mjs';

const TOOL = join(ROOT, 'packages/mkdirsnoop');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-docs-'));
  for (const name of ['src', 'node_modules']) symlinkSync(join(TOOL, name), join(folder, name));
  copyFileSync(join(TOOL, 'package.json'), join(folder, 'package.json'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('only the part between its marks is replaced', () => {
  const text = 'a\n<!-- generated: options -->\nold\n<!-- end -->\nb\n';
  const replaced = 'a\n<!-- generated: options -->\n\nnew\n\n<!-- end -->\nb\n';
  expect(replacePart(text, 'options', 'new')).toBe(replaced);
  expect(replacePart(replaced, 'options', 'new')).toBe(replaced);
  expect(replacePart(text, 'fields', 'new')).toBeNull();
  expect(replacePart('<!-- generated: options -->', 'options', 'new')).toBeNull();
});

test('a tool is described by its own tables', async () => {
  const { schema, options, fields } = await describeTool(TOOL);
  expect(JSON.parse(schema)).toMatchObject({
    title: 'mkdirsnoop',
    oneOf: [{ title: 'event' }, {}, {}],
  });
  expect(options).toMatch(/`--path GLOB`[\s\S]*`-p, -P, --pid LIST`[\s\S]*`--duration/);
  expect(fields).toMatch(/\| `argv` \| string or null \|/);
});

test('a README without its parts and a missing schema are found, and nothing once they are there', async () => {
  const missing = await staleFiles([folder]);
  expect(missing.problems).toHaveLength(2);
  expect(missing.stale.map(({ path }) => basename(path))).toEqual([
    `${basename(folder)}.schema.json`,
  ]);
  const marks = ['options', 'fields'].map((part) => `<!-- generated: ${part} -->\n<!-- end -->\n`);
  writeFileSync(join(folder, 'README.md'), marks.join('\n'));
  const { stale } = await staleFiles([folder]);
  for (const { path, text } of stale) writeFileSync(path, text);
  expect(await staleFiles([folder])).toEqual({ stale: [], problems: [] });
});
