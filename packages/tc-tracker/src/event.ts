import { Cursor, type Layout, ownerReaders } from '@imagesnoop/loader';

/** enum tc_tracker_event in bpf/tc-tracker.h */
export const EVENT = { replaced: 1 } as const;

/** enum session_opener */
const OPENERS = [null, 'local', 'remote'] as const;

/** enum session_end */
const ENDS = [null, 'fin', 'rst'] as const;

/** enum session_wanted */
const WANTED_UNKNOWN = 0;
const WANTED_NO = 2;

/** enum tc_tracker_count */
export const COUNT = {
  created: 0,
  replaced: 1,
  ended: 2,
  otherSkbs: 3,
  otherBytes: 4,
  looseSkbs: 5,
  looseBytes: 6,
} as const;

/** What went one way: bytes and packets as they are on the wire, and as the kernel handled them. */
export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly payloadBytes: number;
  readonly skbs: number;
  readonly skbBytes: number;
}

/** The local process of a session. */
export interface SessionOwner {
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly mntns: number;
  readonly cgroupId: number;
}

/** One session as the kernel has it, decoded. Times are nanoseconds of CLOCK_MONOTONIC. */
export interface Session {
  /** `struct session_record`: the addresses are read from it. */
  readonly u8: Uint8Array;
  readonly key: string;
  readonly owner: SessionOwner | null;
  readonly family: 4 | 6;
  readonly localPort: number;
  readonly remotePort: number;
  readonly ifindex: number;
  readonly netns: number;
  readonly vlan: number;
  readonly innerVlan: number;
  readonly opener: 'local' | 'remote' | null;
  readonly answered: boolean;
  readonly end: 'fin' | 'rst' | 'silence' | null;
  readonly wanted: boolean | null;
  readonly beginNs: number;
  readonly lastNs: number;
  /** First FIN of this side and of the other; 0: none. */
  readonly txFinNs: number;
  readonly rxFinNs: number;
  readonly rstNs: number;
  readonly synRetransmits: number;
  readonly tx: Traffic;
  readonly rx: Traffic;
}

/** Where things of several bytes stand in a session's own. */
export interface Places {
  readonly local: number;
  readonly remote: number;
  /** 16 bytes, ended by a NUL. */
  readonly comm: number;
}

/** Makes sessions of the kernel's bytes, by the layout that the object itself tells. */
export class SessionReader {
  readonly places: Places;
  readonly #read: (at: Cursor, u8: Uint8Array) => Session;
  readonly #keyAt: number;
  readonly #size: number;

  constructor(layout: Layout) {
    this.places = {
      local: layout.offsetOf('key.local'),
      remote: layout.offsetOf('key.remote'),
      comm: layout.offsetOf('header.comm'),
    };
    this.#keyAt = this.places.local;
    this.#size = layout.size;
    this.#read = reader(layout, this.#keyAt);
  }

  /** Of an entry of the map `sessions`. */
  ofEntry(key: Uint8Array, value: Uint8Array): Session {
    const u8 = new Uint8Array(this.#size);
    u8.set(value);
    u8.set(key, this.#keyAt);
    return this.#read(Cursor.over(u8), u8);
  }

  /** Of a record of the ring buffer. */
  ofRecord(row: Cursor): Session {
    const u8 = row.u8.slice(row.base, row.base + this.#size);
    return this.#read(Cursor.over(u8), u8);
  }
}

function reader(layout: Layout, keyAt: number): (at: Cursor, u8: Uint8Array) => Session {
  const u32 = (name: string) => layout.u32(name);
  const u64 = (name: string) => layout.u64(name);
  const owner = ownerReaders(layout);
  const owned = u32('session.owned');
  const family = u32('key.family');
  const localPort = u32('key.local_port');
  const remotePort = u32('key.remote_port');
  const ifindex = u32('key.ifindex');
  const netns = u32('key.netns');
  const vlan = u32('key.vlan');
  const innerVlan = u32('key.inner_vlan');
  const opener = u32('session.opener');
  const answered = u32('session.answered');
  const end = u32('session.end');
  const wanted = u32('session.wanted');
  const lastNs = u64('session.last_ns');
  const txFinNs = u64('session.tx_fin_ns');
  const rxFinNs = u64('session.rx_fin_ns');
  const rstNs = u64('session.rst_ns');
  const synRetransmits = u32('session.syn_retransmits');
  const tx = trafficReader(layout, 'session.tx');
  const rx = trafficReader(layout, 'session.rx');
  return (at, u8) => ({
    u8,
    key: Buffer.from(u8.buffer, keyAt).toString('latin1'),
    owner:
      owned(at) === 0
        ? null
        : {
            pid: owner.pid(at),
            tid: owner.tid(at),
            ppid: owner.ppid(at),
            uid: owner.uid(at),
            gid: owner.gid(at),
            mntns: owner.mntns(at),
            cgroupId: owner.cgroupId(at),
          },
    family: family(at) === 4 ? 4 : 6,
    localPort: localPort(at),
    remotePort: remotePort(at),
    ifindex: ifindex(at),
    netns: netns(at),
    vlan: vlan(at),
    innerVlan: innerVlan(at),
    opener: OPENERS[opener(at)] ?? null,
    answered: answered(at) !== 0,
    end: ENDS[end(at)] ?? null,
    wanted: wanted(at) === WANTED_UNKNOWN ? null : wanted(at) !== WANTED_NO,
    beginNs: owner.tsNs(at),
    lastNs: lastNs(at),
    txFinNs: txFinNs(at),
    rxFinNs: rxFinNs(at),
    rstNs: rstNs(at),
    synRetransmits: synRetransmits(at),
    tx: tx(at),
    rx: rx(at),
  });
}

function trafficReader(layout: Layout, name: string): (at: Cursor) => Traffic {
  const skbs = layout.u64(`${name}.skbs`);
  const skbBytes = layout.u64(`${name}.skb_bytes`);
  const payloadBytes = layout.u64(`${name}.payload_bytes`);
  const morePackets = layout.u64(`${name}.more_packets`);
  const moreBytes = layout.u64(`${name}.more_bytes`);
  return (at) => ({
    bytes: skbBytes(at) + moreBytes(at),
    packets: skbs(at) + morePackets(at),
    payloadBytes: payloadBytes(at),
    skbs: skbs(at),
    skbBytes: skbBytes(at),
  });
}
