import {
  type OwnerReaders,
  ownerReaders,
  type Read,
  type ReadText,
  type Tracer,
} from '@imagesnoop/loader';

/** enum containerdsnoop_event_type in bpf/containerdsnoop.h */
export const EVENT = { open: 1, received: 2, sent: 3, closed: 4, holder: 5 } as const;

/** enum unseen_cause; also the index in the map `unseen_bytes`, where 0 is for no room. */
export const UNSEEN = ['buffer', 'reader', 'memory', 'pieces', 'splice', 'waiting'] as const;

/** enum end_role */
export const SERVER = 1;

/** Readers of the structs in bpf/containerdsnoop.h. */
export interface RecordReaders {
  readonly type: Read<number>;
  readonly owner: OwnerReaders;
  readonly open: {
    readonly conn: Read<bigint>;
    readonly clientPid: Read<number>;
    readonly serverPid: Read<number>;
    readonly fromStart: Read<number>;
    readonly address: ReadText;
  };
  readonly received: {
    readonly conn: Read<bigint>;
    readonly offset: Read<number>;
    readonly length: Read<number>;
    readonly captured: Read<number>;
    readonly toServer: Read<number>;
    readonly bytes: ReadText;
  };
  readonly sent: {
    readonly conn: Read<bigint>;
    readonly offset: Read<number>;
    readonly length: Read<number>;
    readonly toServer: Read<number>;
  };
  readonly closed: {
    readonly conn: Read<bigint>;
    /** By enum end_role of who sent; where that is not known, what was read. */
    readonly sent: readonly [Read<number>, Read<number>];
  };
  readonly holder: { readonly conn: Read<bigint>; readonly role: Read<number> };
}

export function recordReaders(tracer: Pick<Tracer, 'layout'>): RecordReaders {
  const open = tracer.layout('open_event', EVENT.open);
  const received = tracer.layout('received_event', EVENT.received);
  const sent = tracer.layout('sent_event', EVENT.sent);
  const closed = tracer.layout('closed_event', EVENT.closed);
  const holder = tracer.layout('holder_event', EVENT.holder);
  const captured = received.u32('captured');
  const firstSent = closed.offsetOf('sent');
  const u64At = (offset: number): Read<number> => {
    return (at) => Number(at.u64[(at.base + offset) >>> 3]);
  };
  return {
    type: open.u32('header.type'),
    owner: ownerReaders(open),
    open: {
      conn: open.big('conn'),
      clientPid: open.u32('client_pid'),
      serverPid: open.u32('server_pid'),
      fromStart: open.u32('from_start'),
      address: open.text('address', { length: open.u32('address_bytes') }),
    },
    received: {
      conn: received.big('conn'),
      offset: received.u64('offset'),
      length: received.u32('length'),
      captured,
      toServer: received.u32('to_server'),
      bytes: received.tail({ length: captured }),
    },
    sent: {
      conn: sent.big('conn'),
      offset: sent.u64('offset'),
      length: sent.u32('length'),
      toServer: sent.u32('to_server'),
    },
    closed: {
      conn: closed.big('conn'),
      sent: [u64At(firstSent), u64At(firstSent + 8)],
    },
    holder: { conn: holder.big('conn'), role: holder.u32('role') },
  };
}

/** A process that accepts connections at one of the addresses: `struct listener`. */
export interface Listener {
  readonly pid: number;
  readonly comm: string;
  readonly address: string;
}

const LISTENER = { pid: 0, addressBytes: 4, address: 8, comm: 116, size: 132 } as const;

/** What the iterator has written. */
export function readListeners(bytes: Uint8Array): Listener[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Listener[] = [];
  for (let at = 0; at + LISTENER.size <= buffer.length; at += LISTENER.size) {
    const length = buffer.readUInt32LE(at + LISTENER.addressBytes);
    const address = buffer.subarray(at + LISTENER.address, at + LISTENER.address + length);
    const comm = buffer.subarray(at + LISTENER.comm, at + LISTENER.size);
    found.push({
      pid: buffer.readUInt32LE(at + LISTENER.pid),
      comm: comm.toString('utf8', 0, comm.indexOf(0)),
      address: addressText(address.toString()),
    });
  }
  return found;
}

/** As `ss` and /proc/net/unix show it: an abstract name begins with an @. */
export function addressText(name: string): string {
  const end = name.indexOf('\0', 1);
  const text = end < 0 ? name : name.slice(0, end);
  return text.startsWith('\0') ? `@${text.slice(1)}` : text;
}
