import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkImports, importsOf } from '../check-imports.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imagesnoop-imports-'));
  const libraries = ['bpf-core', 'loader', 'containers', 'output', 'telemetry'];
  for (const name of [...libraries, 'toolone', 'tooltwo']) {
    file(`packages/${name}/package.json`, manifest([]));
    file(`packages/${name}/src/index.ts`, 'export {};');
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function file(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function manifest(names: readonly string[]) {
  const entries = names.map((name) => [`@imagesnoop/${name}`, 'workspace:^']);
  return JSON.stringify({ dependencies: Object.fromEntries(entries) });
}

/** A package that declares and imports `names` in one of its files. */
function uses(name: string, names: readonly string[], path = 'main.ts') {
  file(`packages/${name}/package.json`, manifest(names));
  const lines = names.map((each) => `import { x } from '@imagesnoop/${each}';`);
  file(`packages/${name}/src/${path}`, lines.join('\n'));
}

test('the directions of the architecture are allowed', () => {
  uses('loader', ['bpf-core']);
  uses('output', ['telemetry']);
  uses('toolone', ['loader', 'containers', 'output']);
  expect(checkImports(root)).toEqual([]);
});

test.each([
  ['bpf-core', 'loader'],
  ['loader', 'output'],
  ['loader', 'containers'],
  ['output', 'loader'],
  ['output', 'bpf-core'],
  ['telemetry', 'output'],
  ['loader', 'telemetry'],
  ['containers', 'output'],
  ['loader', 'toolone'],
  ['toolone', 'tooltwo'],
  ['toolone', 'bpf-core'],
])('%s must not use %s', (from, to) => {
  uses(from, [to]);
  expect(checkImports(root)).toEqual([
    `packages/${from}/package.json: ${from} must not depend on ${to}`,
    `packages/${from}/src/main.ts: ${from} must not import ${to}`,
  ]);
});

test('a tool brings telemetry for output, and does not use it itself', () => {
  file('packages/toolone/package.json', manifest(['telemetry']));
  expect(checkImports(root)).toEqual([]);
  uses('toolone', ['telemetry']);
  expect(checkImports(root)).toEqual([
    'packages/toolone/src/main.ts: toolone must not import telemetry',
  ]);
});

test('loader and output meet only in the files that wire them', () => {
  uses('toolone', ['loader', 'output'], 'deep/event.ts');
  uses('tooltwo', ['loader', 'output'], 'columns.ts');
  expect(checkImports(root)).toEqual([
    'packages/toolone/src/deep/event.ts: loader and output may meet only in main.ts, columns.ts, index.ts of a tool',
  ]);
});

test('an import that package.json does not list is found', () => {
  file('packages/toolone/src/main.ts', "import '@imagesnoop/loader';");
  expect(checkImports(root)[0]).toMatch('imports loader, which package.json does not list');
});

test('a path into another package is found', () => {
  file('packages/toolone/src/main.ts', "export { x } from '../../tooltwo/src/index.js';");
  expect(checkImports(root)[0]).toMatch('../../tooltwo/src/index.js is outside the package');
});

test("a program that includes another tool's header is found", () => {
  file('bpf/include/event.h', '');
  file('bpf/tooltwo.bpf.c', '#include "tooltwo.h"\n#include "tooltwo/parts.h"\n');
  file('bpf/toolone.bpf.c', '#include <x.h>\n#include "include/event.h"\n#include "toolone.h"\n');
  expect(checkImports(root)).toEqual([]);
  file('bpf/toolone.bpf.c', '#include "tooltwo.h"\n');
  file('bpf/toolone/deep.h', '#include "tooltwo/parts.h"\n');
  expect(checkImports(root)).toEqual([
    "bpf/toolone.bpf.c: must not include tooltwo.h, which is another tool's",
    "bpf/toolone/deep.h: must not include tooltwo/parts.h, which is another tool's",
  ]);
});

test('imports are found in every form, and not in comments', () => {
  const source = `
    import a from 'a';
    import type { B } from "b";
    import {
      c,
    } from 'c';
    import 'd';
    export * from 'e';
    const f = await import('f');
    // import 'no';
    /* import 'no'; */
    import * as g from 'g';
    export type { H } from 'h';`;
  expect(importsOf(source)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
});

test('this workspace keeps the directions', () => {
  expect(checkImports()).toEqual([]);
});
