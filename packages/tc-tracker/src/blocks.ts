import {
  ByteWriter,
  displayBytes,
  nanosecondsText,
  type Renderer,
  type Snapshot,
} from '@imagesnoop/output';
import { arrowOf, type SessionRow } from './columns.js';
import type { Places, Traffic } from './event.js';
import { alignedBytes, hostAndPort } from './text.js';

/** What is kept for the next block between two of them; more make a block of their own. */
const MOST_PENDING = 1000;

/** The original's form for pipes: a block per moment, addresses aligned at their colons. */
export class Blocks implements Renderer<SessionRow> {
  readonly out = new ByteWriter();
  readonly #places: Places;
  readonly #heading: () => string;
  #rows: SessionRow[] = [];
  #snapshot = '';

  constructor(places: Places, heading: () => string) {
    this.#places = places;
    this.#heading = heading;
  }

  start(): void {}

  row(row: SessionRow): void {
    this.#rows.push(row);
    if (this.#rows.length >= MOST_PENDING) this.#print(this.#heading());
  }

  beginSnapshot({ heading }: Snapshot): void {
    this.#snapshot = heading;
  }

  endSnapshot(): void {
    this.#print(this.#snapshot);
  }

  epilogue(lines: readonly string[]): void {
    if (this.#rows.length > 0) this.#print(this.#heading());
    for (const line of lines) this.out.string(`${line}\n`);
  }

  #print(heading: string): void {
    const rows = this.#rows;
    this.#rows = [];
    const { local, remote } = this.#places;
    const ends = rows.map(({ u8, family, localPort, remotePort }) => [
      ...hostAndPort(u8, family, local, localPort),
      ...hostAndPort(u8, family, remote, remotePort),
    ]);
    const widths = [0, 1, 2, 3].map((i) => Math.max(...ends.map((end) => end[i]?.length ?? 0), 0));
    const width = (i: number): number => widths[i] as number;
    this.out.string(`${heading}\n`);
    for (const [i, row] of rows.entries()) {
      const [from = '', fromPort = '', to = '', toPort = ''] = ends[i] ?? [];
      const left = from.padStart(width(0)) + fromPort.padEnd(width(1));
      const right = to.padStart(width(2)) + toPort.padEnd(width(3));
      const line = `Session: ${left} ${arrowOf(row)} ${right} | ${way('tx', row.tx)} | ${way('rx', row.rx)}${remarks(row, this.#places)}`;
      this.out.string(`${line}\n`);
    }
    this.out.string('\n');
  }
}

function way(name: string, { bytes, packets }: Traffic): string {
  return `${name} ${alignedBytes(bytes)} ${String(packets).padStart(7)} packets`;
}

function remarks({ u8, owner, end, durationNs, opener }: SessionRow, places: Places): string {
  const comm = displayBytes(u8, places.comm, u8.indexOf(0, places.comm));
  const parts = [
    owner === null ? undefined : `${comm} ${owner.pid}`,
    opener === null ? 'began earlier' : undefined,
    end === null ? undefined : `ended by ${end} after ${nanosecondsText(durationNs)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` | ${parts.join(', ')}`;
}
