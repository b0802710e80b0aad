import type { ReaderFactory } from './connection.js';
import type { Context } from './context.js';
import { HttpConnection } from './http1/connection.js';
import { Http2Connection } from './http2/connection.js';
import { UpgradedConnection } from './http2/upgraded.js';
import { type Knowledge, Naming } from './infer/naming.js';
import { TtrpcConnection } from './ttrpc/connection.js';

/** Makes the reader of the protocol that was recognised. */
export function readerFor(knowledge: Knowledge): ReaderFactory {
  const http2 = (context: Context, fromStart: boolean) =>
    new Http2Connection(context, new Naming(knowledge), fromStart);
  const upgraded = (context: Context) =>
    new UpgradedConnection(context, (either) => http2(either, true));
  return ({ protocol, fromStart }, context) => {
    switch (protocol) {
      case 'http2':
        return http2(context, fromStart);
      case 'ttrpc':
        return new TtrpcConnection(context);
      case 'http1':
        return new HttpConnection(context, upgraded);
    }
  };
}
