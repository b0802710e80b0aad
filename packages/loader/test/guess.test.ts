import type { BpfMap, StructLayout } from '@imagesnoop/bpf-core';
import { expect, test } from 'vitest';
import { guessStruct, namesIn, pick } from '../src/run/guess.js';

const struct = (name: string, size: number, last?: { offset: number; count: number }) =>
  ({
    name,
    kind: 'struct',
    type: name,
    size,
    fields: last === undefined ? [] : [{ name: 'tail', kind: 'array', size: 0, type: '', ...last }],
  }) as unknown as StructLayout;

const ALL = [
  struct('task_struct', 64),
  struct('trace_event_raw_sys_enter', 32, { offset: 32, count: 0 }),
  struct('event', 64),
  struct('path_event', 40, { offset: 40, count: 0 }),
  struct('event_header', 16),
  struct('exec_event', 512, { offset: 48, count: 464 }),
  struct('pt_regs', 168),
  struct('one', 24),
  struct('other', 24),
];

test('a struct called an event and as long as the record is the first choice', () => {
  expect(pick(ALL, 64)?.name).toBe('event');
});

test('then one that ends with an array, flexible or cut', () => {
  expect(pick(ALL, 71)?.name).toBe('path_event');
  expect(pick([struct('exec_event', 512, { offset: 48, count: 464 })], 60)?.name).toBe(
    'exec_event',
  );
});

test('then the only other one of that length, and else none', () => {
  expect(
    pick(
      ALL.filter(({ name }) => !/_event$/.test(name)),
      168,
    )?.name,
  ).toBe('pt_regs');
  expect(pick([struct('one', 24), struct('other', 24)], 24)).toBeUndefined();
  expect(pick([struct('trace_event_raw_sys_enter', 32, { offset: 32, count: 0 })], 40)).toBe(
    undefined,
  );
});

test('what the map declares or the user says comes before any guess', () => {
  const object = { struct: (name: string) => ALL.find((each) => each.name === name) };
  const names = ALL.map(({ name }) => name);
  const declaring = { types: () => ({ value: struct('one', 24) }) } as unknown as BpfMap;
  const silent = { types: () => ({}) } as unknown as BpfMap;
  expect(guessStruct(object, declaring, names, undefined)(64)?.name).toBe('one');
  expect(guessStruct(object, silent, names, undefined)(64)?.name).toBe('event');
  expect(guessStruct(object, declaring, names, 'other')(64)?.name).toBe('other');
  expect(() => guessStruct(object, silent, names, 'nothing')).toThrow(
    expect.objectContaining({
      code: 'STRUCT_UNKNOWN',
      hint: expect.stringMatching(/^It has: event, path_event, event_header, exec_event, /),
    }),
  );
});

test('names are found among other bytes', () => {
  const bytes = Buffer.from('\x7fELF\0\0my_event\0\x01x9\0 two words\0');
  expect(namesIn(bytes)).toEqual(['ELF', 'my_event', 'x9', 'words']);
});
