import { expect, test } from 'vitest';
import { errnoName, makeError, summarize } from '../src/errors.js';

const REJECTED = `libbpf: prog 'handle': BPF program load failed: Permission denied
libbpf: prog 'handle': -- BEGIN PROG LOAD LOG --
0: R1=ctx() R10=fp0
; return x; @ core.bpf.c:175
R0 !read_ok
processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
-- END PROG LOAD LOG --
libbpf: prog 'handle': failed to load: -13
`;

test('the summary of a verifier log is its last line before the statistics', () => {
  expect(summarize(REJECTED)).toBe('R0 !read_ok (7 lines omitted)');
});

test('without a verifier log the first line is the cause', () => {
  expect(summarize('libbpf: no such section\nlibbpf: failed to load object\n')).toBe(
    'no such section (1 line omitted)',
  );
  expect(summarize('libbpf: alone\n')).toBe('alone');
  expect(summarize('')).toBe('');
});

test('an error names operation, program, errno and cause, and keeps the whole log', () => {
  const error = makeError('BPF_LOAD_REJECTED', 'load object x', 13, REJECTED);
  expect(error.message).toBe(
    'cannot load object x: program handle: EACCES: R0 !read_ok (7 lines omitted)',
  );
  expect(error).toMatchObject({ code: 'BPF_LOAD_REJECTED', errno: 13, program: 'handle' });
  expect(error.log).toBe(REJECTED);
  expect(error.hint).not.toBe('');
});

test('members that say nothing are not there', () => {
  const error = makeError('BPF_CLOSED', 'load object x', 0, '');
  expect(Object.keys(error).sort()).toEqual(['code', 'hint', 'name']);
});

test('errno names are those of the kernel', () => {
  expect([1, 11, 95, 524, 9999].map(errnoName)).toEqual([
    'EPERM',
    'EAGAIN',
    'EOPNOTSUPP',
    'ENOTSUPP',
    'errno 9999',
  ]);
});
