import { expect, test } from 'vitest';
import { inOrder, twinOf } from '../src/run/twins.js';

const program = (section: string) => ({ section });

test('one tracepoint or function by two kinds of hooks is one twin too many', () => {
  const best = [program('tp_btf/sched_switch'), program('fexit/do_unlinkat')];
  expect(twinOf(program('raw_tp/sched_switch'), best)).toBe(best[0]);
  expect(twinOf(program('kretprobe/do_unlinkat'), best)).toBe(best[1]);
});

test('entry and return, other places and two of a kind are no twins', () => {
  const best = [program('fexit/do_unlinkat'), program('tp_btf/sched_switch')];
  expect(twinOf(program('kprobe/do_unlinkat'), best)).toBeUndefined();
  expect(twinOf(program('raw_tp/sched_wakeup'), best)).toBeUndefined();
  expect(twinOf(program('tp_btf/sched_switch'), best)).toBeUndefined();
  expect(twinOf(program('tracepoint/sched/sched_switch'), best)).toBeUndefined();
});

test('better kinds come first, others keep their order', () => {
  const sections = ['raw_tp/a', 'tracepoint/x/b', 'kprobe/c', 'tp_btf/a', 'fentry/c'];
  expect(inOrder(sections.map(program)).map(({ section }) => section)).toEqual([
    'tracepoint/x/b',
    'tp_btf/a',
    'fentry/c',
    'raw_tp/a',
    'kprobe/c',
  ]);
});
