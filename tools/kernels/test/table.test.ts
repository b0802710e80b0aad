import { describe, expect, test } from 'vitest';
import { mergeCells, parsePage, renderPage, renderText } from '../table.mjs';

const ORDER = ['5.10', '6.1', 'newest'];
const old = { kernel: '5.10', arch: 'amd64', release: '5.10.0-46-cloud-amd64' };
const arm = { kernel: '6.1', arch: 'arm64', release: '6.1.0-56-cloud-arm64' };
const counts = { passed: 0, failed: 0, skipped: 0, seconds: 0, why: '' };

const CELLS = [
  {
    ...arm,
    ...counts,
    tool: 'mkdirsnoop',
    hook: 'fentry',
    result: 'cannot',
    skipped: 2,
    why: 'attach: ENOTSUPP',
  },
  {
    ...old,
    ...counts,
    tool: 'mkdirsnoop',
    hook: 'fentry',
    result: 'ok',
    passed: 13,
    skipped: 1,
    seconds: 4.2,
    why: 'a | b',
  },
  {
    ...old,
    ...counts,
    tool: 'mkdirsnoop',
    hook: '-',
    result: 'failed',
    failed: 3,
    seconds: 1,
    why: 'Error: x',
  },
  {
    ...old,
    ...counts,
    tool: 'tcpconnect',
    hook: 'fentry',
    result: 'failed',
    passed: 2,
    failed: 1,
    seconds: 1,
    why: '',
  },
] as const;

const key = (cell: { kernel: string; tool: string; hook: string }) =>
  `${cell.kernel} ${cell.tool} ${cell.hook}`;
const sorted = <C extends { kernel: string; tool: string; hook: string }>(cells: readonly C[]) =>
  [...cells].sort((first, second) => key(first).localeCompare(key(second)));

describe('the page', () => {
  const page = renderPage(CELLS, ORDER);

  test('can be read back, each cell as it was', () => {
    expect(sorted(parsePage(page))).toEqual(sorted(CELLS));
  });

  test('begins with every tool and hook over the kernels, oldest first', () => {
    expect(page).toContain('| tool | hook | 5.10 | 6.1 arm64 |');
    expect(page).toContain('| mkdirsnoop | fentry | 13 | — |');
    expect(page).toContain('| tcpconnect | fentry | **1 failed** |  |');
  });

  test('is the same when made again from itself', () => {
    expect(renderPage(parsePage(page), ORDER)).toBe(page);
  });
});

test('a run replaces what its tools had on its kernels and keeps the rest', () => {
  const now = [
    {
      ...old,
      ...counts,
      release: '5.10.0-47-cloud-amd64',
      tool: 'mkdirsnoop',
      hook: 'kprobe',
      result: 'ok' as const,
      passed: 1,
    },
  ];
  const merged = mergeCells(CELLS, now);
  expect(merged.map(key).sort()).toEqual([
    '5.10 mkdirsnoop kprobe',
    '5.10 tcpconnect fentry',
    '6.1 mkdirsnoop fentry',
  ]);
  expect(merged.find(({ tool }) => tool === 'tcpconnect')?.release).toBe('5.10.0-47-cloud-amd64');
});

test('the terminal gets aligned lines', () => {
  const lines = renderText(CELLS.slice(0, 2)).split('\n');
  expect(lines[0]).toBe('6.1   mkdirsnoop  fentry  cannot, 2 skipped  0.0 s  attach: ENOTSUPP');
  expect(lines[1]).toBe('5.10  mkdirsnoop  fentry  ok 13, 1 skipped   4.2 s  a | b');
});

test('a run of hooks alone keeps what the tool had of other tests', () => {
  const now = [{ ...old, ...counts, tool: 'mkdirsnoop', hook: 'kprobe', result: 'ok', passed: 1 }];
  const keys = (hooks: boolean) =>
    mergeCells(CELLS, now as never, { hooks })
      .filter(({ kernel, tool }) => kernel === '5.10' && tool === 'mkdirsnoop')
      .map(({ hook }) => hook);
  expect(keys(true)).toEqual(['-', 'kprobe']);
  expect(keys(false)).toEqual(['kprobe']);
});
