import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkDocs, codesIn } from '../check-docs.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imagesnoop-docs-'));
  file('packages/one/src/a/b.ts', "throw new OneError('ONE_FAILED', 'x');");
  file('packages/two/native/x.cc', 'Fail(env, "BPF_CLOSED", "x");');
  page('| `ONE_FAILED` | x |', '| `BPF_CLOSED` | x |');
});
afterEach(() => rmSync(root, { recursive: true }));

function file(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function page(...lines: readonly string[]) {
  file('docs/errors.md', `# Errors\n\n| code |\n|---|\n${lines.join('\n')}\n`);
}

test('page and sources that agree pass', () => {
  expect(checkDocs(root)).toEqual([]);
});

test('a code that is not on the page fails', () => {
  file('packages/one/src/c.ts', "const error = { code: 'ONE_LOST' };");
  expect(checkDocs(root)).toEqual(['packages/one/src/c.ts: ONE_LOST is not in docs/errors.md']);
  file('packages/one/src/c.ts', "throw new UsageError(\n  'USAGE', 'x');");
  expect(checkDocs(root)).toEqual(['packages/one/src/c.ts: USAGE is not in docs/errors.md']);
});

test('a code that no source uses fails', () => {
  page('| `ONE_FAILED` | x |', '| `BPF_CLOSED` | x |', '| `ONE_OLD` | x |');
  expect(checkDocs(root)).toEqual(['docs/errors.md: no source uses ONE_OLD; retire it there']);
});

test('a retired code stays listed, and must not come back', () => {
  page('| `BPF_CLOSED` | x |', '', '## Retired', '', '- `ONE_FAILED`: until 0.2');
  expect(checkDocs(root)).toEqual([
    'packages/one/src/a/b.ts: ONE_FAILED is retired (docs/errors.md)',
  ]);
  file('packages/one/src/a/b.ts', '');
  expect(checkDocs(root)).toEqual([]);
});

test('a code listed twice fails', () => {
  page('| `ONE_FAILED` | x |', '| `ONE_FAILED` | y |', '| `BPF_CLOSED` | x |');
  expect(checkDocs(root)).toEqual(['docs/errors.md: ONE_FAILED is listed twice']);
});

test('comments and names of the kernel are no codes', () => {
  const source = "// 'NOT_THIS'\n/* 'NOR_THIS' */ if (!has('CAP_BPF')) fail('REAL_CODE');";
  expect(codesIn('x.ts', source)).toEqual(['REAL_CODE']);
  expect(codesIn('x.cc', 'Fail("PRIVILEGE_LOST"); Is("AF_INET");')).toEqual(['PRIVILEGE_LOST']);
});
