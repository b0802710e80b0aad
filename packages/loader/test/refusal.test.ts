import { expect, test } from 'vitest';
import { howToGet, reasonOf } from '../src/refusal.js';

test.each([
  [
    "cannot load object tool: program fn: EINVAL: number of funcs in func_info doesn't match number of subprogs (6 lines omitted)",
    'this kernel has no bpf_loop() (since Linux 5.17)',
  ],
  [
    'cannot load object tool: program fn: EINVAL: unknown func bpf_loop#181 (9 lines omitted)',
    'this kernel has no bpf_loop() (since Linux 5.17)',
  ],
  [
    "cannot load object tool: program fn: EACCES: R1 invalid mem access 'scalar'\nmore",
    "EACCES: R1 invalid mem access 'scalar'",
  ],
  ['cannot attach program fn to kprobe/x: ENOENT: no such function', 'ENOENT: no such function'],
])('%s', (message, reason) => {
  expect(reasonOf(new Error(message))).toBe(reason);
});

test('a capability is had by sudo, or by root of a container that is given it', () => {
  expect(howToGet(['CAP_BPF'], false)).toBe('Run it as root, e.g. with sudo.');
  expect(howToGet(['CAP_BPF', 'CAP_PERFMON'], true)).toContain(
    'docker run --cap-add BPF --cap-add PERFMON,',
  );
});
