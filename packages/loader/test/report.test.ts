import { expect, test } from 'vitest';
import type { Diagnosis } from '../src/doctor/examine.js';
import { report } from '../src/doctor/report.js';

const DIAGNOSIS: Diagnosis = {
  ok: false,
  kernel: { release: '6.1.0', arch: 'x64', supported: true },
  btf: { path: '/sys/kernel/btf/vmlinux', bytes: 4_100_000 },
  lockdown: 'none',
  capabilities: { CAP_BPF: true, CAP_PERFMON: true, CAP_NET_ADMIN: false },
  settings: { perf_event_paranoid: '3', ftrace_enabled: null },
  initial_pid_namespace: true,
  hooks: [
    { kind: 'fentry', status: 'works', why: null },
    { kind: 'kprobe', status: 'not attached', why: 'EPERM: no' },
  ],
  tc: { flavour: 'clsact', why: null },
  runtimes: [{ runtime: 'docker', socket: '/run/docker.sock', answers: false }],
  tools: [
    {
      tool: 'mkdirsnoop',
      version: '0.1.0',
      ok: true,
      hooks: [
        {
          event: 'mkdir',
          chosen: 'kprobe',
          note: 'dear',
          rejected: [{ name: 'fentry', why: 'no' }],
        },
      ],
      notes: ['a note'],
      ready_ms: 31,
      code: null,
      error: null,
      hint: null,
    },
    {
      tool: 'tcpconnect',
      version: '0.1.0',
      ok: false,
      hooks: [],
      notes: [],
      ready_ms: null,
      code: 'HOOK_UNAVAILABLE',
      error: 'no hook',
      hint: 'Do this.',
    },
  ],
  missing: [{ what: 'something with a long name', how: 'get it' }],
};

test('a report for people is aligned and says all', () => {
  expect(report(DIAGNOSIS, false)).toBe(`machine
  kernel           ok 6.1.0 x64
  BTF              ok /sys/kernel/btf/vmlinux (4.1 MB)
  lockdown         ok none
  capabilities     ok CAP_BPF CAP_PERFMON
                      not CAP_NET_ADMIN
  settings            perf_event_paranoid=3
  tc               ok clsact

hooks, each tried
  fentry           ok works
  kprobe           -- not attached: EPERM: no

container runtimes
  docker           -- /run/docker.sock (does not answer this user)

tools
  mkdirsnoop       ok ready in 31 ms
                      mkdir: kprobe (dear)
                        not fentry: no
                      a note
  tcpconnect       -- no hook
                      Do this.

missing
  something with a long name    get it
`);
});

test('colour changes nothing but colour', () => {
  const colored = report(DIAGNOSIS, true);
  expect(colored).toContain('\x1b[32mok\x1b[0m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences are the subject
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(report(DIAGNOSIS, false));
});
