import { describe, expect, it } from 'vitest';
import { fields, type Screen, Sections } from '../src/index.js';

interface Row {
  readonly kind: 'in' | 'out' | 'note' | 'other';
  readonly count: number;
}

const column = (header: string) =>
  fields.uint('count', (row: Row) => row.count, { description: 'how many', column: { header } });
const SECTIONS = [
  { fields: [column('NOTE')], takes: ({ kind }: Row) => kind === 'note' },
  { fields: [column('IN')], takes: ({ kind }: Row) => kind === 'in', always: true },
  { fields: [column('OUT')], takes: ({ kind }: Row) => kind === 'out', always: true },
];
const PIPE: Screen = { width: 20, cut: false, color: false };

/** What is printed, without the padding. */
function printed(sections: Sections<Row>): string[] {
  const lines = sections.out.view().toString().split('\n');
  return lines.slice(0, -1).map((line) => line.trim());
}

function snapshot(sections: Sections<Row>, rows: readonly Row[], heading = '', last = false) {
  sections.beginSnapshot({ heading, last });
  for (const row of rows) sections.row(row);
  sections.endSnapshot();
}

describe('sections', () => {
  it('put each row of a snapshot under the header of its kind, in their order', () => {
    const sections = new Sections(SECTIONS, PIPE);
    const rows: Row[] = [
      { kind: 'out', count: 1 },
      { kind: 'in', count: 2 },
      { kind: 'out', count: 3 },
      { kind: 'other', count: 4 },
    ];
    snapshot(sections, rows, 'at noon', true);
    expect(printed(sections)).toEqual(['at noon', 'IN', '2', '', 'OUT', '1', '3']);
  });

  it('show the header of an empty table that is always there', () => {
    const sections = new Sections(SECTIONS, PIPE);
    snapshot(sections, [], '', true);
    expect(printed(sections)).toEqual(['IN', '', 'OUT']);
  });

  it('print a header between snapshots whenever the kind changes', () => {
    const sections = new Sections(SECTIONS, PIPE);
    sections.row({ kind: 'note', count: 1 });
    sections.row({ kind: 'note', count: 2 });
    sections.row({ kind: 'in', count: 3 });
    snapshot(sections, [{ kind: 'in', count: 4 }], '', true);
    const before = ['NOTE', '1', '2', '', 'IN', '3', ''];
    expect(printed(sections)).toEqual([...before, 'IN', '4', '', 'OUT']);
  });

  it('draw snapshots in place on a terminal, and print the last one whole', () => {
    const sections = new Sections(SECTIONS, { ...PIPE, height: 4 });
    const rows = Array.from({ length: 6 }, (_, count): Row => ({ kind: 'in', count }));
    snapshot(sections, rows);
    expect(sections.out.view().toString()).toMatch(/… 7 more/);
    sections.out.clear();
    snapshot(sections, rows, '', true);
    const text = sections.out.view().toString();
    expect(text).toContain('\x1b[3A');
    expect(text).not.toContain('more');
    expect(text.trimEnd().endsWith('OUT')).toBe(true);
  });
});
