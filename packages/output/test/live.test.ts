import { describe, expect, it } from 'vitest';
import { fields, LiveScreen, Table } from '../src/index.js';

/** Just enough of a terminal: what is on its lines after some bytes. */
class Terminal {
  readonly lines: string[] = [''];
  #line = 0;

  constructor(bytes: string) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
    for (const [token] of bytes.matchAll(/\x1b\[(\??\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g)) {
      if (token === '\n') this.#line++;
      else if (token.endsWith('A')) this.#line -= Number(/\d+/.exec(token)?.[0]);
      else if (token.endsWith('K')) continue;
      else if (token === '\x1b[J') this.lines.length = this.#line;
      else if (token === '\x1b[2J') this.lines.length = 0;
      else if (token === '\x1b[H') this.#line = 0;
      else if (!token.startsWith('\x1b') && token !== '\r') this.lines[this.#line] = token;
    }
  }
}

const size = { columns: 20, lines: 6 };

describe('LiveScreen', () => {
  it('draws each frame over the one before, however their heights differ', () => {
    const screen = new LiveScreen();
    const bytes = [['a', 'b', 'c'], ['d'], ['e', 'f']].map((frame) => screen.draw(frame, size));
    expect(new Terminal(bytes.slice(0, 1).join('')).lines).toEqual(['a', 'b', 'c']);
    expect(new Terminal(bytes.slice(0, 2).join('')).lines).toEqual(['d']);
    expect(new Terminal(bytes.join('')).lines).toEqual(['e', 'f']);
  });

  it('leaves a line free, or the terminal would scroll, and says what it left out', () => {
    const frame = Array.from({ length: 9 }, (_, i) => `row ${i}`);
    const { lines } = new Terminal(new LiveScreen().draw(frame, size));
    expect(lines).toEqual(['row 0', 'row 1', 'row 2', 'row 3', '… 5 more']);
  });

  it('cuts lines at the width, by what letters take, and ends the colours of what it cut', () => {
    const columns = 6;
    const drawn = (line: string) => new LiveScreen().draw([line], { ...size, columns });
    expect(drawn('12345678')).toContain('\x1b[2K123456\n');
    expect(drawn('\x1b[1m12345678\x1b[0m')).toContain('\x1b[2K\x1b[1m123456\x1b[0m\n');
    expect(drawn('12345漢字')).toContain('\x1b[2K12345\n');
  });

  it('begins below what was printed meanwhile', () => {
    const screen = new LiveScreen();
    const before = screen.draw(['a', 'b'], size);
    screen.leave();
    const after = screen.draw(['c'], size);
    expect(new Terminal(`${before}lost 3\n${after}`).lines).toEqual(['a', 'b', 'lost 3', 'c']);
  });

  it('clears a terminal that changed its width', () => {
    const screen = new LiveScreen();
    const before = screen.draw(['a', 'b'], size);
    const after = screen.draw(['c'], { ...size, columns: 30 });
    expect(new Terminal(before + after).lines).toEqual(['c']);
  });
});

describe('a table of snapshots', () => {
  const count = fields.uint('count', (row: { count: number }) => row.count, {
    description: 'how many',
    column: {},
  });
  const draw = (height?: number) => {
    const screen = { width: 20, cut: true, color: false, ...(height ? { height } : {}) };
    const table = new Table([count], screen, true);
    table.start();
    for (const moment of [1, 2]) {
      table.beginSnapshot({ heading: `At: ${moment}` });
      table.row({ count: moment * 10 });
      table.endSnapshot();
    }
    table.epilogue(['the end']);
    return table.out.view().toString();
  };

  it('is a block per snapshot in a pipe', () => {
    const block = (n: number) => [`At: ${n}`, '  COUNT', `     ${n * 10}`, ''];
    expect(draw().split('\n')).toEqual([...block(1), ...block(2), 'the end', '']);
  });

  it('is drawn in one place on a terminal', () => {
    expect(new Terminal(draw(24)).lines).toEqual(['At: 2', '  COUNT', '     20', 'the end']);
  });
});
