import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { script } from '../job.mjs';
import { parseArguments, parseTestArguments } from '../options.mjs';

describe('run', () => {
  test('what follows -- is the command, untouched', () => {
    const options = parseArguments([
      '--seconds',
      '7',
      '--env',
      'A=b=c',
      '6.1',
      '--',
      'ls',
      '--help',
      '--',
    ]);
    expect(options).toMatchObject({
      kernel: '6.1',
      command: ['ls', '--help', '--'],
      seconds: 7,
      env: { A: 'b=c' },
      arch: 'amd64',
    });
  });

  test.each([
    [['6.1'], 'Expected a command after --'],
    [['4.19', '--', 'ls'], 'Expected one kernel'],
    [['6.1', '--seconds', '0', '--', 'ls'], '--seconds expects a whole number from 1 on, got 0'],
    [['6.1', '--arch', 'mips', '--', 'ls'], '--arch expects amd64 or arm64, got mips'],
    [
      ['6.1', '--lockdown', 'x', '--', 'ls'],
      '--lockdown expects integrity or confidentiality, got x',
    ],
    [['6.1', '--paranoid', 'x', '--', 'ls'], '--paranoid expects a number, got x'],
    [['6.1', '--caps', 'bpf,', '--', 'ls'], '--caps expects capability names, got an empty one'],
    [['6.1', '--nope', '--', 'ls'], "Unknown option '--nope'"],
  ])('%j is refused with the reason', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(
      expect.objectContaining({ code: 'KERNELS_USAGE', message: expect.stringContaining(message) }),
    );
  });

  test('each lack has its way', () => {
    const { degrade } = parseArguments([
      ...['--no-btf', '--no-ftrace', '--lockdown', 'integrity', '--append', 'x=y'],
      ...['--caps', 'CAP_BPF,perfmon', '6.1', '--', 'ls'],
    ]);
    expect(degrade.append).toBe('lockdown=integrity x=y');
    expect(degrade.setup).toHaveLength(3);
    expect(degrade.prefix).toContain('--ambient-caps=-all,+bpf,+perfmon');
  });
});

describe('test', () => {
  test('names of kernels are kernels and all others tools, in any order', () => {
    expect(parseTestArguments(['tcpconnect', '6.1', '--', 'mkdirsnoop', 'newest'])).toMatchObject({
      kernels: ['6.1', 'newest'],
      tools: ['tcpconnect', 'mkdirsnoop'],
      record: true,
    });
  });

  test('all kernels by default; a machine that lacks something is not recorded', () => {
    const options = parseTestArguments(['--no-btf']);
    expect(options.kernels).toEqual(['5.10', '6.1', '6.12', 'newest']);
    expect(options.record).toBe(false);
  });
});

test('the job keeps words and environment as they were given', () => {
  const text = script(
    {
      command: ['sh', '-c', 'pwd; echo "$A" "$1" "$REQUIRE_KERNEL"', 'x', "it's $HOME"],
      cwd: '/usr',
      env: { A: '"quoted" `x`' },
    },
    { REQUIRE_KERNEL: '1', SECRET: 'x' },
  ).replace('echo $$ >/job/group', '');
  expect(text).not.toContain('SECRET');
  const output = execFileSync('/bin/sh', ['-c', text], { encoding: 'utf8' });
  expect(output).toBe('/usr\n"quoted" `x` it\'s $HOME 1\n');
});
