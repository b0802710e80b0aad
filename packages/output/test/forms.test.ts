import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { Csv } from '../src/csv.js';
import { displayWidth } from '../src/display.js';
import type { Field } from '../src/field.js';
import * as fields from '../src/fields.js';
import { JsonLines } from '../src/json-lines.js';
import { nodeFields, withNode } from '../src/node-field.js';
import type { Renderer } from '../src/renderer.js';
import { jsonSchema } from '../src/schema.js';
import { selectFields } from '../src/select-fields.js';
import { Table } from '../src/table.js';

interface Row {
  readonly u8: Uint8Array;
  readonly pid: number;
  readonly ret: number;
  readonly big: bigint | null;
  readonly container: Uint8Array | null;
}

/** Bytes 0-15 an address, 16-24 an argv, 24-28 a name. */
const u8 = Buffer.concat([
  Buffer.alloc(16, 1),
  Buffer.from('ls\0-\xe9\0', 'latin1'),
  Buffer.from('日本 x'),
]);
const first: Row = { u8, pid: 7, ret: -111, big: 2n ** 63n, container: Buffer.from('{"id":"a"}') };
const second: Row = { ...first, pid: 8, ret: 0, big: null, container: null };
const object = { type: ['object', 'null'] };

const all: Field<Row>[] = [
  fields.constant('type', 'row', { description: 'kind' }),
  fields.time('time', () => 1e9, { description: 'when', column: { show: 'wide' } }),
  fields.uint('pid', (row) => row.pid, { description: 'process', column: {} }),
  fields.int('ret', (row) => row.ret, { description: 'result' }),
  fields.errno('error', (row) => row.ret, { description: 'why', column: {} }),
  fields.bigText('cgroup_id', (row) => row.big, { description: 'cgroup' }),
  fields.ip('saddr', { start: () => 0 }, (row) => (row.pid === 7 ? 4 : 10), {
    description: 'from',
    column: {},
  }),
  fields.ip('none', { start: () => 0 }, () => 1, { description: 'no family' }),
  fields.textList('argv', { start: () => 16, end: () => 22 }, { description: 'words' }),
  fields.text(
    'name',
    { start: () => 22, end: () => u8.length },
    { description: 'name', column: { width: 8 } },
  ),
  fields.text('unset', { start: () => -1, end: () => 0 }, { description: 'not known' }),
  fields.text('said', (row) => (row.pid === 7 ? 'a,"b"\n' : null), { description: 'string' }),
  fields.bool('ok', (row) => row.ret === 0, { description: 'worked' }),
  fields.choice('when', () => 'outcome', ['attempt', 'outcome'], { description: 'which' }),
  fields.json('container', (row) => row.container, { description: 'where', schema: object }),
  fields.written('flags', ({ ret }, out) => (ret === 0 ? out.null() : out.string('{"a":[1]}')), {
    description: 'written',
    schema: object,
  }),
  fields.computed('list', () => [1, 2], { description: 'made', schema: { type: 'array' } }),
];

function render(form: Renderer<Row>, rows = [first, second]): string[] {
  form.start();
  for (const row of rows) form.row(row);
  return form.out.view().toString().split(/\r?\n/).slice(0, -1);
}

describe('JSON Lines', () => {
  it('has all keys in every row', () => {
    const [one, two] = render(new JsonLines(all)).map((line) => JSON.parse(line));
    expect(one).toMatchObject({
      type: 'row',
      pid: 7,
      ret: -111,
      error: 'ECONNREFUSED',
      cgroup_id: '9223372036854775808',
      saddr: '1.1.1.1',
      none: null,
      argv: ['ls', '-\\xe9'],
      name: '日本 x',
      unset: null,
      said: 'a,"b"\n',
      ok: false,
      when: 'outcome',
      container: { id: 'a' },
      list: [1, 2],
    });
    expect(two).toMatchObject({
      error: null,
      cgroup_id: null,
      saddr: '101:101:101:101:101:101:101:101',
      said: null,
      container: null,
    });
    expect(Object.keys(one)).toEqual(all.map(({ name }) => name));
    expect(Object.keys(two)).toEqual(Object.keys(one));
  });

  it('writes the values that fields report', () => {
    const [line] = render(new JsonLines(all), [first]);
    expect(Object.fromEntries(all.map((field) => [field.name, field.value(first)]))).toEqual(
      JSON.parse(line as string),
    );
  });

  it('obeys the schema made from the same fields, losses and summary too', () => {
    const form = new JsonLines(all);
    form.lost({ count: 3, cause: 'map_full', total: 5, hint: 'try "more"' });
    form.summary({ events: 2, lost: 5, truncated: 1, unsent: null, durationMs: 12.7 });
    const ajv = new Ajv2020({ allErrors: true, validateFormats: false });
    const valid = ajv.compile(jsonSchema(all, { name: 'test', description: 'rows' }));
    const lines = render(form).map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['lost', 'summary', 'row', 'row']);
    for (const line of lines) expect(valid(line), JSON.stringify(valid.errors)).toBe(true);
    const named = new JsonLines(withNode(all, 'n1'), nodeFields('n1'));
    named.lost({ count: 3, cause: 'otlp_full', total: 5, hint: '' });
    named.summary({ events: 2, lost: 0, truncated: 0, unsent: 3, durationMs: 1 });
    for (const line of render(named).map((text) => JSON.parse(text))) {
      expect(line.node).toBe('n1');
      expect(valid(line), JSON.stringify(valid.errors)).toBe(true);
    }
    expect(valid({ ...lines[2], pid: 'seven' })).toBe(false);
    expect(valid({ ...lines[2], extra: 1 })).toBe(false);
    expect(valid({ ...lines[0], total: undefined })).toBe(false);
  });
});

describe('values that rows share', () => {
  interface Shot {
    tid: number;
    uid: number;
    at: number;
  }
  const shared = {
    words: 2,
    slot: ({ tid }: Shot) => tid,
    matches: ({ tid, uid }: Shot, words: Int32Array) => words[0] === tid && words[1] === uid,
    copy({ tid, uid }: Shot, words: Int32Array) {
      words.set([tid, uid]);
    },
  };
  const plain = [
    fields.uint('at', (shot: Shot) => shot.at, { description: 'own' }),
    fields.uint('tid', (shot: Shot) => shot.tid, { description: 'shared' }),
    fields.uint('uid', (shot: Shot) => shot.uid, { description: 'shared' }),
    fields.uint('again', (shot: Shot) => shot.at, { description: 'own' }),
    fields.uint('last', (shot: Shot) => shot.uid * 2, { description: 'shared' }),
  ];
  const kept = plain.map((each) => (each.description === 'shared' ? { ...each, shared } : each));

  it('look as if each row had its own', () => {
    // 7, 263 and 519 fall into one slot; the uid of 7 changes and changes back.
    const shots = [7, 7, 263, 7, 519, 7, 7].map((tid, at) => ({ tid, uid: at > 4 ? 1 : 0, at }));
    const random = Array.from({ length: 500 }, (_, at) => ({
      tid: (at * 7919) % 1031,
      uid: (at * 31) % 3,
      at,
    }));
    const lines = (of: readonly Field<Shot>[]) => {
      const form = new JsonLines(of);
      for (const shot of [...shots, ...random]) form.row(shot);
      return form.out.view().toString();
    };
    expect(lines(kept)).toBe(lines(plain));
  });
});

describe('CSV', () => {
  it('quotes as RFC 4180 has it, one line a record', () => {
    const chosen = selectFields(all, all, ['pid', 'error', 'said', 'container', 'name']);
    expect(render(new Csv(chosen))).toEqual([
      'pid,error,said,container,name',
      '7,ECONNREFUSED,"a,""b""\\n","{""id"":""a""}",日本 x',
      '8,,,,日本 x',
    ]);
  });
});

const LONG = '101:101:101:101:101:101:101:101';

describe('table', () => {
  const shown = all.filter(({ column }) => column.show === 'table');
  const plain = { width: 80, cut: true, color: false };

  it('aligns columns, wide letters included', () => {
    expect(render(new Table(shown, plain))).toEqual([
      '    PID ERROR        SADDR           NAME',
      '      7 ECONNREFUSED 1.1.1.1         日本 x',
      '      8              101:101:101:101:101:101:101:101 日本 x',
    ]);
  });

  it('gives a long value the room of the next columns, then comes back', () => {
    const order = selectFields(all, shown, ['saddr', 'pid', 'name', 'error']);
    const [head, one, two] = render(new Table(order, plain)) as [string, string, string];
    const column = (line: string, word: string) => displayWidth(line.slice(0, line.indexOf(word)));
    expect(column(head, 'ERROR')).toBe(column(one, 'ECONN'));
    expect(two).toBe('101:101:101:101:101:101:101:101 8 日本 x');
  });

  it('cuts text to a narrow screen, but no numbers or addresses', () => {
    const text = (name: string, width: number) =>
      fields.text<Row>(name, () => 'x'.repeat(60), { description: name, column: { width } });
    const wide = [all[2] as Field<Row>, text('one', 30), text('two', 50)];
    for (const width of [40, 60, 80]) {
      for (const line of render(new Table(wide, { ...plain, width }))) {
        expect(line.length).toBeLessThanOrEqual(width);
      }
    }
    const [, whole] = render(new Table(wide, { ...plain, cut: false })) as [string, string];
    expect(whole).toContain('x'.repeat(60));
    expect(whole).not.toContain('…');
  });

  it('cuts addresses in the middle, as far as the line would be too long', () => {
    const [pid, error, saddr] = shown as [Field<Row>, Field<Row>, Field<Row>];
    const two = [pid, saddr, error, saddr];
    const lines = (width: number) => render(new Table(two, { ...plain, width }));
    expect(lines(90)[2]).toBe(`      8 ${LONG}  ${LONG}`);
    for (let width = 60; width < 90; width++) {
      const [head, short, long] = lines(width) as [string, string, string];
      expect(head).toBe(lines(90)[0]);
      expect(short).toBe(lines(90)[1]);
      expect(long.length).toBeLessThanOrEqual(width);
      expect(long).toMatch(/ 8 101:.*:101 +101:.*:101$/);
      if (long.includes('…')) expect(long.length).toBe(width);
    }
  });

  it('leaves the last text some room behind long addresses', () => {
    const [, , long] = render(new Table(shown, { ...plain, width: 50 })) as [
      string,
      string,
      string,
    ];
    expect(long).toMatch(/^ {6}8 {14}101:[^ ]+…[^ ]+:101 日本 x$/);
    expect(displayWidth(long)).toBe(50);
  });

  it('lays out anew when the terminal changes', () => {
    const wide = [
      fields.text<Row>('one', () => 'x'.repeat(60), { description: '', column: { width: 60 } }),
    ];
    const table = new Table(wide, plain);
    table.resize(20);
    expect(render(table)[1]).toBe(`${'x'.repeat(19)}…`);
  });

  it('colours the header and errors, and nothing else', () => {
    const [head, one, two] = render(new Table(shown, { ...plain, color: true })) as [
      string,
      string,
      string,
    ];
    expect(head.startsWith('\x1b[1m') && head.endsWith('\x1b[0m')).toBe(true);
    expect(one).toContain('\x1b[31mECONNREFUSED\x1b[0m');
    expect(two).not.toContain('\x1b');
  });
});

describe('--fields', () => {
  const names = (spec: string[]) =>
    selectFields(all, all.slice(0, 3), spec).map(({ name }) => name);
  it('replaces, adds and takes away', () => {
    expect(names([])).toEqual(['type', 'time', 'pid']);
    expect(names(['name', 'pid'])).toEqual(['name', 'pid']);
    expect(names(['+name', '-time'])).toEqual(['type', 'pid', 'name']);
  });

  it('refuses unknown names and nothing at all', () => {
    expect(() => names(['nmae'])).toThrow(
      expect.objectContaining({
        code: 'USAGE_UNKNOWN_FIELD',
        hint: expect.stringContaining("'name'"),
      }),
    );
    expect(() => names(['-type', '-time', '-pid'])).toThrow(
      expect.objectContaining({ code: 'USAGE_NO_FIELD_LEFT' }),
    );
  });
});
