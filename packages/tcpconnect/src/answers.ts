import { type Cursor, ownerReaders, type Read, type Tracer } from '@imagesnoop/loader';
import { messagesOf, parseAnswer } from './dns/message.js';
import { type Asker, Names } from './dns/names.js';
import { type ConnectReaders, EVENT } from './event.js';

/** The names that traced processes look up: takes their answers out of the stream of rows. */
export class Answers {
  readonly #names = new Names();
  readonly #learn: (row: Cursor) => void;
  readonly #connect: ConnectReaders;

  constructor(tracer: Tracer, connect: ConnectReaders) {
    this.#connect = connect;
    const layout = tracer.layout('dns_event', EVENT.answer);
    const owner = ownerReaders(layout);
    const length = layout.u32('length');
    const tcp: Read<number> = layout.u32('tcp');
    this.#learn = (row) => {
      const start = row.base + layout.size;
      const end = Math.min(start + length(row), row.base + row.length);
      for (const message of messagesOf(row.u8.subarray(start, end), tcp(row) !== 0)) {
        const answer = parseAnswer(message);
        if (answer !== undefined) this.#names.learn(answer, askerOf(owner, row), owner.tsNs(row));
      }
    };
  }

  /** The rows that are attempts; answers are learned on the way. */
  *attemptsOf(rows: Iterable<Cursor>): Generator<Cursor, void, void> {
    for (const row of rows) {
      if (this.#connect.type(row) === EVENT.answer) this.#learn(row);
      else yield row;
    }
  }

  /** The name that the attempt's process looked up for its destination. */
  nameOf(row: Cursor): string | null {
    const { owner, family, daddr } = this.#connect;
    const start = daddr.start(row);
    const address = row.u8.subarray(start, start + (family(row) === 4 ? 4 : 16));
    return this.#names.find(address, askerOf(owner, row), owner.tsNs(row));
  }
}

function askerOf(owner: ConnectReaders['owner'], row: Cursor): Asker {
  return { pid: owner.pid(row), mntns: owner.mntns(row), netns: owner.netns(row) };
}
