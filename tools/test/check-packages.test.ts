import { expect, test } from 'vitest';
import { manifestProblems } from '../check-packages.mjs';

const root = { license: 'GPL-2.0-or-later', engines: { node: '>=20.19' }, type: 'module' };
const good = { ...root, name: '@imagesnoop/x', description: 'X', files: ['dist'] };

test('a manifest like the workspace has no problem', () => {
  expect(manifestProblems('x', good, root)).toEqual([]);
});

test.each([
  [{ ...good, license: 'MIT' }, '"license" is not'],
  [{ ...good, engines: { node: '>=18' } }, '"engines" is not'],
  [{ ...good, name: 'x' }, 'name is not @imagesnoop/x'],
  [{ ...good, description: '' }, 'no description'],
  [{ ...good, files: ['src'] }, 'lacks dist'],
  [{ ...good, scripts: { postinstall: 'x' } }, 'must not run code at installation'],
])('%#: what departs from it is found', (manifest, problem) => {
  expect(manifestProblems('x', manifest, root)).toEqual([expect.stringContaining(problem)]);
});
