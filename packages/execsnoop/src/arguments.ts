import type { Cursor } from '@imagesnoop/loader';
import { EVENT, type ExecReaders, FLAG } from './event.js';
import { isSuspicious, redact } from './secrets.js';

/** A run of bytes; `start < 0` stands for "unknown". */
export interface ByteRun {
  readonly u8: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const UNKNOWN: ByteRun = { u8: new Uint8Array(0), start: -1, end: -1 };

export interface ArgumentOptions {
  /** Show secrets as they are. */
  readonly showSecrets?: boolean | undefined;
  /** No more arguments than this. */
  readonly maxArgs?: number | undefined;
}

/** The arguments of a row, as they may be shown. */
export class Arguments {
  readonly #read: ExecReaders;
  readonly #showSecrets: boolean;
  readonly #maxArgs: number;

  constructor(
    read: ExecReaders,
    { showSecrets = false, maxArgs = Number.POSITIVE_INFINITY }: ArgumentOptions,
  ) {
    this.#read = read;
    this.#showSecrets = showSecrets;
    this.#maxArgs = maxArgs;
  }

  /** Each with its NUL; unknown in rows that have none. */
  run(at: Cursor): ByteRun {
    const whole = this.#whole(at);
    if (whole.start < 0) return UNKNOWN;
    const shown = this.#maxArgs < Number.POSITIVE_INFINITY ? firstOf(whole, this.#maxArgs) : whole;
    if (this.#showSecrets) return shown;
    const text = latin1(shown);
    if (!isSuspicious(text)) return shown;
    const args = text.split('\0');
    if (text.endsWith('\0')) args.pop();
    const u8 = Buffer.from(
      redact(args)
        .map((arg) => `${arg}\0`)
        .join(''),
      'latin1',
    );
    return { u8, start: 0, end: u8.length };
  }

  /** All but the first. */
  rest(at: Cursor): ByteRun {
    const { u8, start, end } = this.run(at);
    const nul = start < 0 ? -1 : u8.indexOf(0, start);
    return nul < 0 || nul >= end ? UNKNOWN : { u8, start: nul + 1, end };
  }

  /** How many the program got; null when not all are known. */
  count(at: Cursor): number | null {
    const { u8, start, end } = this.#whole(at);
    if (start < 0 || this.#read.flags(at) & (FLAG.argvCut | FLAG.argvUnreadable)) return null;
    let count = 0;
    for (let index = start; index < end; index++) if (u8[index] === 0) count++;
    return count;
  }

  /** Is there more than what is shown? */
  isCut(at: Cursor): boolean {
    if (this.#read.flags(at) & (FLAG.argvCut | FLAG.argvUnreadable)) return true;
    return (this.count(at) ?? 0) > this.#maxArgs;
  }

  #whole(at: Cursor): ByteRun {
    const { type, argv, flags } = this.#read;
    if (type(at) !== EVENT.exec) return UNKNOWN;
    const start = argv.start(at);
    const end = argv.end(at);
    if (end === start && flags(at) & FLAG.argvUnreadable) return UNKNOWN;
    return { u8: at.u8, start, end };
  }
}

function firstOf({ u8, start, end }: ByteRun, most: number): ByteRun {
  let stop = start;
  for (let left = most; left > 0 && stop < end; left--) {
    const nul = u8.indexOf(0, stop);
    stop = nul < 0 || nul >= end ? end : nul + 1;
  }
  return { u8, start, end: stop };
}

/** One character per byte. */
export function latin1({ u8, start, end }: ByteRun): string {
  return Buffer.from(u8.buffer, u8.byteOffset + start, end - start).toString('latin1');
}
