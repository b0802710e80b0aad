import { expect, test } from 'vitest';
import { runTool } from '../../../tools/testing/tool.js';
import { commandOf } from '../src/main.js';

test('a command is the first word, or what follows -t', () => {
  const named = (...argv: string[]) => commandOf(argv).name;
  expect(named('fswatch', 'web')).toBe('fswatch');
  expect(named('-t', 'merged_dir', '-n', 'web')).toBe('merged_dir');
  expect(named('-n', 'web', '-tprocmon')).toBe('procmon');
  expect(named('--type=files')).toBe('files');
  expect(named('web')).toBe('files');
  expect(named('--', '-t', 'fswatch')).toBe('files');
  expect(commandOf(['files', 'web'])).toEqual({ name: 'files', rest: ['web'] });
});

test('help tells of every command, within 80 columns', async () => {
  const { stdout, code } = await runTool('sneakpeek', ['--help']);
  expect(code).toBe(0);
  for (const word of ['files', 'fswatch', 'top', 'export', 'report', 'get_container_ns']) {
    expect(stdout).toContain(word);
  }
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const own = await runTool('sneakpeek', ['report', '--help']);
  expect(own.stdout).toContain('--watch TIME');
});

test('wrong words end with 2', async () => {
  expect((await runTool('sneakpeek', ['-t', 'nothing'])).code).toBe(2);
  expect((await runTool('sneakpeek', ['export', 'web'])).code).toBe(2);
  expect((await runTool('sneakpeek', ['files', '--nope'])).code).toBe(2);
});
