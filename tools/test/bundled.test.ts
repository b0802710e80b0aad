import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundledPackages, notices } from '../bundled.mjs';

const folder = mkdtempSync(join(tmpdir(), 'bundled-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('each package of which something is left is named once, by its innermost folder', () => {
  const inputs = {
    'src/index.ts': { bytesInOutput: 9 },
    'node_modules/.pnpm/a@1/node_modules/a/one.js': { bytesInOutput: 1 },
    'node_modules/.pnpm/a@1/node_modules/a/two.js': { bytesInOutput: 1 },
    'node_modules/@b/c/lib/c.js': { bytesInOutput: 1 },
    'node_modules/shaken/off.js': { bytesInOutput: 0 },
  };
  expect(bundledPackages([{ outputs: { 'dist/index.js': { inputs } } }], '/w')).toEqual([
    '/w/node_modules/.pnpm/a@1/node_modules/a',
    '/w/node_modules/@b/c',
  ]);
});

test('licences are told in full, from a file or from the README', () => {
  const withFile = join(folder, 'with-file');
  const withReadme = join(folder, 'with-readme');
  for (const path of [withFile, withReadme]) mkdirSync(path);
  writeFileSync(join(withFile, 'package.json'), '{"name":"a","version":"1.0.0","license":"MIT"}');
  writeFileSync(join(withFile, 'LICENSE.md'), 'Copyright of a\n\nAll of it.\n');
  writeFileSync(join(withReadme, 'package.json'), '{"name":"b","version":"2.0.0"}');
  writeFileSync(join(withReadme, 'README.md'), '# b\n\n## License\n\nCopyright of b\n\n## More\n');
  const text = notices([withFile, withReadme]);
  expect(text).toContain('a 1.0.0, MIT\n\nCopyright of a\n\nAll of it.\n');
  expect(text).toContain('b 2.0.0, see below\n\nCopyright of b\n');
  expect(text).not.toContain('More');
});

test('a licence that several have is told once, below all their names', () => {
  const folders = ['one', 'two'].map((name) => join(folder, name));
  for (const path of folders) {
    mkdirSync(path);
    const name = path.slice(folder.length + 1);
    writeFileSync(
      join(path, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', license: 'MIT' }),
    );
    writeFileSync(join(path, 'LICENSE'), 'The same.\n');
  }
  expect(notices(folders)).toContain('one 1.0.0, MIT\ntwo 1.0.0, MIT\n\nThe same.\n');
});
