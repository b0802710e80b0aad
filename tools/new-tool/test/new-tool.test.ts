import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkName, filesOf, fill, namesOf } from '../../new-tool.mjs';

test('a name takes the form that each place needs', () => {
  expect(namesOf('tc-tracker')).toEqual({
    __name__: 'tc-tracker',
    __c_name__: 'tc_tracker',
    __NAME__: 'TC_TRACKER',
    __Name__: 'TcTracker',
    __cName__: 'tcTracker',
    __comm__: 'tc-tracker-test',
  });
  expect(fill('H___NAME___H struct __c_name___event', namesOf('tc-tracker'))).toBe(
    'H_TC_TRACKER_H struct tc_tracker_event',
  );
});

test('no placeholder is left in path or text', () => {
  const files = filesOf('dnsnoop');
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['bpf/dnsnoop.bpf.c', 'packages/dnsnoop/src/main.ts']),
  );
  for (const { path, text } of files) {
    expect(path).not.toMatch(/__/);
    expect(text).not.toMatch(/__(name|c_name|NAME|Name|cName|comm)__/);
  }
});

test.each([undefined, '', 'Tool', '-x', 'a_b', 'a--b', '1st', '../x', 'x'.repeat(31)])(
  'the name %j is refused',
  (name) => {
    expect(() => checkName(name)).toThrow(/name/);
  },
);

test('a name that is taken is refused', () => {
  const root = mkdtempSync(join(tmpdir(), 'imagesnoop-names-'));
  try {
    mkdirSync(join(root, 'packages/dnsnoop'), { recursive: true });
    expect(() => checkName('dnsnoop', root)).toThrow('packages/dnsnoop is there already');
    expect(() => checkName('dnsnoop2', root)).not.toThrow();
  } finally {
    rmSync(root, { recursive: true });
  }
});
