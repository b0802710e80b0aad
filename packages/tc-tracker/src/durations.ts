import {
  Distribution,
  FileSink,
  log2Histogram,
  log2Slot,
  nanosecondsText,
} from '@imagesnoop/output';
import type { SessionRow } from './columns.js';
import type { Places } from './event.js';
import { Picture } from './picture.js';
import { hostAndPort } from './text.js';

const HOST_WIDTH = '255.255.255.255'.length;
const PORT_WIDTH = ':65535'.length;

/**
 * Durations of finished sessions: a line each in a file, and how they are distributed. Counted are
 * those that were seen from their SYN, were answered, and ended by FIN or RST.
 */
export class Durations {
  readonly distribution = new Distribution();
  readonly #places: Places;
  readonly #file: FileSink | undefined;
  readonly #picture: Picture | undefined;
  readonly #slots: number[] = [];
  #finished = 0;
  #lines: string[] = [];

  /** Whether people want to see them. */
  readonly isWanted: boolean;

  /**
   * Both files are opened at once, while the process may be root.
   *
   * @param path file to append to
   * @param plot file for a picture
   */
  constructor(places: Places, path: string | undefined, plot: string | undefined) {
    this.#places = places;
    this.isWanted = path !== undefined || plot !== undefined;
    this.#picture = plot === undefined ? undefined : new Picture(plot);
    this.#file = path === undefined ? undefined : new FileSink(path);
  }

  add(row: SessionRow): void {
    this.#finished++;
    if (this.#file !== undefined) this.#lines.push(durationLine(row, this.#places));
    if (row.opener === null || !row.answered || row.end === 'silence') return;
    this.distribution.add(row.durationNs);
    const slot = log2Slot(row.durationNs / 1000);
    this.#slots[slot] = (this.#slots[slot] ?? 0) + 1;
  }

  /** Writes the lines that have come since the last call. */
  flush(): void {
    if (this.#lines.length === 0) return;
    this.#file?.write(Buffer.from(this.#lines.join('')));
    this.#lines = [];
  }

  /** Writes what is left, and draws the picture. */
  finish(): void {
    this.flush();
    this.#picture?.draw(this.distribution);
  }

  close(): void {
    this.#file?.close();
    this.#picture?.close();
  }

  /** A histogram for a terminal. */
  lines(): readonly string[] {
    const { distribution } = this;
    const { count } = distribution;
    const others = this.#finished - count;
    const note =
      others > 0 ? ` (${others} more began earlier, were not answered or fell silent)` : '';
    const head = `Durations of ${count} sessions from SYN to FIN${note}`;
    if (count === 0) return [head];
    const quantiles = [0.5, 0.9, 0.99].map(
      (share) => `p${share * 100} ${nanosecondsText(distribution.quantile(share))}`,
    );
    const slots = Array.from(this.#slots, (each) => each ?? 0);
    return [
      head,
      [`min ${nanosecondsText(distribution.min)}`, ...quantiles].join(', ') +
        `, max ${nanosecondsText(distribution.max)}`,
      ...log2Histogram(slots, { label: 'usecs' }),
    ];
  }
}

/** As the original wrote `statistics.dat`; how it ended is told where it was not by FIN. */
export function durationLine(row: SessionRow, places: Places): string {
  const { u8, family, localPort, remotePort, opener, end, durationNs } = row;
  const local = aligned(hostAndPort(u8, family, places.local, localPort));
  const remote = aligned(hostAndPort(u8, family, places.remote, remotePort));
  // From the client to the server.
  const ends = opener === 'remote' ? `${remote} -> ${local}` : `${local} -> ${remote}`;
  const marks = [
    opener === null ? ' began earlier' : '',
    end === 'fin' ? '' : ` ended by ${end}`,
  ].join('');
  const seconds = (durationNs / 1e9).toFixed(9).padEnd(12);
  return `${ends} | Duration: ${seconds} s${marks}\n`;
}

function aligned([host, port]: readonly [string, string]): string {
  return host.padStart(HOST_WIDTH) + port.padEnd(PORT_WIDTH);
}
