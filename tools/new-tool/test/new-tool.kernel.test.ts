import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkImports } from '../../check-imports.mjs';
import { staleFiles } from '../../docs.mjs';
import { lacksBtf, lacksRoot, requireKernel } from '../../testing/kernel.js';
import { WorkspaceCopy } from './workspace.js';

const NAME = 'probe-tool';

describe.runIf(lacksRoot() === null)('a new tool, in a copy of the workspace', () => {
  let copy: WorkspaceCopy;
  beforeAll(() => {
    copy = new WorkspaceCopy();
    copy.run('node', 'tools/new-tool.mjs', NAME);
  });
  afterAll(() => copy?.remove());

  test('keeps the import directions, the types and the format', async () => {
    expect(checkImports(copy.path).filter((line) => line.includes(NAME))).toEqual([]);
    const { stale, problems } = await staleFiles([join(copy.path, 'packages', NAME)]);
    expect({ stale, problems }).toEqual({ stale: [], problems: [] });
    const config = { extends: './tsconfig.json', include: [`packages/${NAME}/test`] };
    writeFileSync(join(copy.path, 'tsconfig.probe.json'), JSON.stringify(config));
    copy.run('tsc', '-p', 'tsconfig.probe.json');
    copy.run('biome', 'check', '--error-on-warnings', '--vcs-enabled=false', `packages/${NAME}`);
  });

  test('is built and started by npm start', () => {
    expect(copy.run('npm', 'start', '--', NAME, '--help')).toMatch(/^probe-tool: Shows every/);
    copy.run('publint', '--strict', `packages/${NAME}`);
  });

  test('traces what its own tests do', (context) => {
    requireKernel(context, lacksRoot() ?? lacksBtf());
    const out = copy.run('vitest', 'run', '--reporter=json', `packages/${NAME}`);
    const { numPassedTests, numTotalTests } = JSON.parse(out);
    expect({ numPassedTests, numTotalTests }).toEqual({ numPassedTests: 2, numTotalTests: 2 });
  });
});
