import { describe, expect, test } from 'vitest';
import { HookChooser } from '../src/hooks.js';
import type { HookAlternative } from '../src/plan.js';

const PLAN = {
  connect: [
    { name: 'fentry', programs: ['connect_fentry', 'state_tpbtf'] },
    { name: 'kprobe', programs: ['connect_kprobe', 'state_tpbtf'] },
    { name: 'tracepoint', programs: ['state_tpbtf', 'exit_tp'], note: 'costs 36 ns' },
  ],
  dns: [
    { name: 'fentry', programs: ['dns_fentry'] },
    { name: 'tracepoint', programs: ['dns_tpbtf'] },
  ],
};

const names = (chooser: HookChooser) => chooser.current.map(({ alternative }) => alternative.name);

describe('choosing', () => {
  test('begins with the first of each and asks for no other program', () => {
    const chooser = new HookChooser(PLAN);
    expect(names(chooser)).toEqual(['fentry', 'fentry']);
    expect(chooser.needs('state_tpbtf')).toBe(true);
    expect(chooser.needs('connect_kprobe')).toBe(false);
    expect(chooser.needs('other')).toBe(false);
  });

  test('a refused program takes all alternatives with it that need it, for its reason', () => {
    const chooser = new HookChooser(PLAN);
    chooser.rejectWhere((name) => (name.endsWith('_fentry') ? 'no fentry' : undefined));
    expect(names(chooser)).toEqual(['kprobe', 'tracepoint']);
    chooser.reject('connect', 'did not fire');
    expect(chooser.choices).toEqual([
      {
        event: 'connect',
        chosen: 'tracepoint',
        note: 'costs 36 ns',
        rejected: [
          { name: 'fentry', why: 'no fentry' },
          { name: 'kprobe', why: 'did not fire' },
        ],
      },
      {
        event: 'dns',
        chosen: 'tracepoint',
        rejected: [{ name: 'fentry', why: 'no fentry' }],
      },
    ]);
  });

  test('programs that are only called belong to an alternative, too', () => {
    const [newer, older] = ['newer', 'older'].map((teller) => ({
      ...{ name: 'kprobe', programs: ['entry'], calls: { tellers: teller } },
    }));
    const chooser = new HookChooser({ change: [newer, older].flatMap((each) => each ?? []) });
    expect(chooser.needs('newer')).toBe(true);
    chooser.rejectWhere((name) => (name === 'newer' ? 'too old' : undefined));
    expect([chooser.needs('newer'), chooser.needs('older')]).toEqual([false, true]);
  });

  test('without a helper no program that calls it is tried', () => {
    const [looping, unrolled] = ['looping', 'unrolled'].map((program) => ({
      ...{ name: 'kprobe', programs: [program] },
    }));
    const all = [{ ...looping, helper: 'bpf_loop' }, unrolled].flatMap((each) => each ?? []);
    const chooser = new HookChooser({ change: all as HookAlternative[] });
    chooser.rejectWithout(() => true);
    expect(chooser.needs('looping')).toBe(true);
    chooser.rejectWithout((helper) => helper !== 'bpf_loop');
    expect([chooser.needs('looping'), chooser.needs('unrolled')]).toEqual([false, true]);
    expect(chooser.choices[0]?.rejected).toEqual([
      { name: 'kprobe', why: 'this kernel has no bpf_loop()' },
    ]);
  });

  test('with none left it says what was tried and why', () => {
    const chooser = new HookChooser(PLAN);
    expect(() =>
      chooser.rejectWhere((name) => (name === 'state_tpbtf' ? 'EPERM' : undefined)),
    ).toThrow(
      expect.objectContaining({
        code: 'HOOK_UNAVAILABLE',
        exitCode: 3,
        feature: 'hook for connect',
        tried: [
          { name: 'fentry', why: 'EPERM' },
          { name: 'kprobe', why: 'EPERM' },
          { name: 'tracepoint', why: 'EPERM' },
        ],
      }),
    );
  });
});

describe('forcing', () => {
  test('concerns the events that have the alternative', () => {
    const chooser = new HookChooser(PLAN, 'kprobe');
    expect(names(chooser)).toEqual(['kprobe', 'fentry']);
    chooser.rejectWhere((name) => (name === 'dns_fentry' ? 'no' : undefined));
    expect(names(chooser)).toEqual(['kprobe', 'tracepoint']);
    expect(() => chooser.reject('connect', 'refused')).toThrow(
      expect.objectContaining({ code: 'HOOK_UNAVAILABLE' }),
    );
  });

  test('an unknown name lists the known ones', () => {
    expect(() => new HookChooser(PLAN, 'kprobes')).toThrow(
      expect.objectContaining({
        code: 'HOOK_UNKNOWN',
        exitCode: 2,
        hint: 'One of: fentry, kprobe, tracepoint.',
      }),
    );
  });
});
