import type { ReaderFactory } from './connection.js';
import { Http2Connection } from './http2/connection.js';
import { type Knowledge, Naming } from './infer/naming.js';

/** Makes the reader of the protocol that was recognised. */
export function readerFor(knowledge: Knowledge): ReaderFactory {
  return (sniffed, context) => {
    switch (sniffed.protocol) {
      case 'http2':
        return new Http2Connection(context, new Naming(knowledge), sniffed.fromStart);
      default:
        throw new Error('not yet');
    }
  };
}
