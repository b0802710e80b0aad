import type { Budget } from './budget.js';
import type { Peer } from './chunk.js';
import type { Limits } from './limits.js';
import type { Call, CallEnd, Message, UndecodedCause } from './message.js';

/** What the readers of one connection share. */
export interface Context {
  readonly conn: string;
  readonly limits: Limits;
  readonly budget: Budget;
  /** When the bytes that are being read were seen. */
  readonly nowNs: number;
  readonly client: Peer | null;
  readonly server: Peer | null;
  message(message: Message): void;
  call(call: Call): void;
  undecoded(cause: UndecodedCause, bytes: number): void;
}

/** Reads one protocol on one connection. */
export interface ProtocolReader {
  /** @param atEnd whether the last byte was the last of a write, as far as is known */
  data(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void;
  /** So many bytes were not seen. */
  skip(toServer: boolean, length: number): void;
  /** Nothing more comes. */
  end(how: CallEnd): void;
}
