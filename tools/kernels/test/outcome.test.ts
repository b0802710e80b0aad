import { describe, expect, test } from 'vitest';
import { repository } from '../base.mjs';
import { consoleLines, firstCry, lastWords } from '../console.mjs';
import { hookOf, Progress, rowsOf, toolOf } from '../outcome.mjs';
import { describe as described, MARK } from '../reporter.mjs';

const line = (event: object) => `${MARK}${JSON.stringify(event)}`;
const file = 'packages/tcpconnect/test/tcpconnect.kernel.test.ts';

describe('names', () => {
  test('the hook is the last word in brackets', () => {
    expect(hookOf('matrix > refused [kprobe]')).toBe('kprobe');
    expect(hookOf('IPv6 [::1] is refused [fentry]')).toBe('fentry');
    expect(hookOf('no hook')).toBe('-');
    expect(hookOf('["run","-d"] is refused')).toBe('-');
  });

  test('the tool is the package, or the folder outside of packages', () => {
    expect(toolOf(file)).toBe('tcpconnect');
    expect(toolOf('tools/kernels/test/guest.kernel.test.ts')).toBe('kernels');
  });
});

describe('an error', () => {
  test('comes with what differed, after its message', () => {
    const diff = '\x1b[32m- Expected\x1b[39m\n- 3\n+ 4';
    expect(described({ message: 'no', stack: 'Error: no\n    at x', diff })).toBe(
      'Error: no\n    at x\n- Expected\n- 3\n+ 4',
    );
    expect(described(new Error('plain'))).toMatch(/^Error: plain\n/);
  });

  test('shows of a long difference the beginning, and how much is left', () => {
    const diff = Array.from({ length: 150 }, (_, at) => `line ${at}`).join('\n');
    const lines = described({ message: 'no', diff }).split('\n');
    expect(lines.slice(-2)).toEqual(['line 99', '… and 50 lines']);
  });
});

describe('progress', () => {
  function follow(...events: object[]) {
    const progress = new Progress();
    for (const event of events) progress.feed(line(event));
    return progress;
  }
  const known = (name: string) => ({ is: 'known', file, name });
  const done = (name: string, state: string, rest = {}) => ({
    is: 'done',
    file,
    name,
    state,
    ms: 500,
    ...rest,
  });

  test('rows count by tool and hook and keep the reasons', () => {
    const progress = follow(
      known('a [fentry]'),
      known('b [fentry]'),
      known('a [tcx]'),
      done('a [fentry]', 'passed'),
      done('b [fentry]', 'failed', {
        errors: [`Error: one row too few in ${repository}/x\n    at y`],
      }),
      done('a [tcx]', 'skipped', { note: 'needs Linux 6.6' }),
      { is: 'end', errors: [] },
    );
    expect(progress.ended).toBe(true);
    expect(rowsOf(progress.tests.values(), '')).toEqual([
      {
        tool: 'tcpconnect',
        hook: 'fentry',
        result: 'failed',
        passed: 1,
        failed: 1,
        skipped: 0,
        seconds: 1,
        why: 'Error: one row too few in x',
      },
      {
        tool: 'tcpconnect',
        hook: 'tcx',
        result: 'cannot',
        passed: 0,
        failed: 0,
        skipped: 1,
        seconds: 0.5,
        why: 'needs Linux 6.6',
      },
    ]);
  });

  test('a skip without a reason is a failure', () => {
    const [row] = rowsOf(follow(done('a [fentry]', 'skipped')).tests.values(), '');
    expect(row).toMatchObject({ result: 'failed', why: 'not run, and nothing says why' });
  });

  test('a test that was under way when the machine died has failed, and is known', () => {
    const progress = follow(known('a [fentry]'), { is: 'running', file, name: 'a [fentry]' });
    expect(progress.running).toEqual({ file, name: 'a [fentry]' });
    const [row] = rowsOf(progress.tests.values(), 'not run: panic');
    expect(row).toMatchObject({ result: 'failed', failed: 1, why: 'not run: panic' });
  });

  test('a file that could not be loaded is an error, and other output is not ours', () => {
    const progress = follow({ is: 'broken', file, errors: ['SyntaxError: x'] });
    expect(progress.errors).toEqual([`${file}: SyntaxError: x`]);
    expect(progress.feed('{"is":"done"}')).toBeNull();
  });
});

describe('console', () => {
  const spoken = Buffer.from(
    '\x1bc\x1b[?7l\x1b[2JSeaBIOS\r\n\r\n[ 3.2] sysrq: Trigger a crash\r\r\n[ 3.3] Kernel panic - not syncing: x\r\n[ 3.4] CPU: 0\r\n',
  );

  test('control sequences and carriage returns are gone', () => {
    expect(consoleLines(spoken)).toEqual([
      'SeaBIOS',
      '[ 3.2] sysrq: Trigger a crash',
      '[ 3.3] Kernel panic - not syncing: x',
      '[ 3.4] CPU: 0',
    ]);
  });

  test('the first cry is found; quiet consoles have none', () => {
    expect(firstCry(spoken)).toBe('[ 3.3] Kernel panic - not syncing: x');
    const killed = '[ 9.9] Out of memory: Killed process 181 (node) total-vm:1kB';
    expect(firstCry(Buffer.from(`${killed}\n`))).toBe(killed);
    expect(firstCry(Buffer.from('[ 1.0] random: crng init done\n'))).toBeUndefined();
  });

  test('last words begin at the cry when there is more than can be shown', () => {
    const long = Buffer.concat([spoken, Buffer.from('[ 4.0] more\n'.repeat(50))]);
    expect(lastWords(long, 3)).toEqual([
      '[ 3.3] Kernel panic - not syncing: x',
      '[ 3.4] CPU: 0',
      '[ 4.0] more',
    ]);
    expect(lastWords(spoken, 2)).toEqual(['[ 3.3] Kernel panic - not syncing: x', '[ 3.4] CPU: 0']);
  });
});
