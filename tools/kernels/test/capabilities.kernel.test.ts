// Is `loader doctor` right for a user with some capabilities, and does its advice help?
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../testing/kernel.js';
import { type Diagnosis, doctor, facts, kernelConfig, setting, truth, truthFor } from './doctor.js';

const PARANOID = '/proc/sys/kernel/perf_event_paranoid';
const before = setting(PARANOID);

beforeEach((context) => {
  const outside =
    process.env.IMAGESNOOP_GUEST === undefined ? "changes the machine's settings" : null;
  const { btf, ftrace } = facts();
  const degraded = btf && ftrace ? null : 'the machine lacks more than capabilities';
  requireKernel(context, outside ?? lacksRoot() ?? degraded);
});
afterEach(() => {
  if (process.env.IMAGESNOOP_GUEST !== undefined) writeFileSync(PARANOID, before);
});

/** The doctor's words to uid 1000 with these capabilities alone. */
const doctorFor = (capabilities: readonly string[]) => {
  const only = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return doctor(
    ...['prlimit', '--memlock=unlimited'],
    ...['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'],
    ...[`--inh-caps=${only}`, `--ambient-caps=${only}`],
  );
};

const worksIn = ({ hooks }: Diagnosis, kinds: readonly string[]) =>
  Object.fromEntries(
    kinds.map((kind) => [kind, hooks.some((one) => one.kind === kind && one.status === 'works')]),
  );

describe('loader doctor is right', () => {
  test.each<[string[], number]>([
    [[], 3],
    [['bpf'], 3],
    [['bpf', 'perfmon'], 3],
    [['bpf', 'perfmon', 'net_admin'], 2],
    [['bpf', 'perfmon', 'dac_read_search'], 2],
    [['sys_admin'], 3],
    [['sys_admin', 'dac_read_search'], 3],
  ])('with %j and perf_event_paranoid %d', async (capabilities, paranoid) => {
    writeFileSync(PARANOID, `${paranoid}`);
    const wanted = truthFor(truth(kernelConfig()), capabilities, paranoid);
    const diagnosis = await doctorFor(capabilities);
    expect(worksIn(diagnosis, Object.keys(wanted))).toEqual(wanted);
    for (const { kind, status, why } of diagnosis.hooks)
      if (status !== 'works') expect(why, kind).toMatch(/./);
    for (const name of capabilities)
      expect(diagnosis.capabilities[`CAP_${name.toUpperCase()}`]).toBe(true);
  });
});

test('whoever gets what the doctor says is missing can do all that root can', async () => {
  writeFileSync(PARANOID, '3');
  const root = truth(kernelConfig());
  const held = new Set<string>();
  let diagnosis = await doctorFor([]);
  for (let round = 0; round < 3; round++) {
    const named = diagnosis.missing.flatMap(({ what }) => what.match(/CAP_\w+/g) ?? []);
    for (const name of named) held.add(name.replace('CAP_', '').toLowerCase());
    diagnosis = await doctorFor([...held]);
  }
  expect([...held].sort()).toContain('sys_admin');
  expect(worksIn(diagnosis, Object.keys(root))).toEqual(root);
  expect(diagnosis.missing.filter(({ what }) => what.startsWith('CAP_'))).toEqual([]);
});
