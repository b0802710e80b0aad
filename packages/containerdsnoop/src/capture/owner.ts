import type { Cursor, OwnerReaders } from '@imagesnoop/loader';
import type { Peer } from '../decode/chunk.js';

/** One end's thread, and what else the kernel told of it. */
export interface Owner extends Peer {
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly mntns: number;
  readonly netns: number;
  readonly cgroupId: number;
}

/** Threads as objects, one for as long as the same acts on: decoders keep them. */
export class Owners {
  readonly #read: OwnerReaders;
  readonly #known = new Map<number, { owner: Owner; words: Int32Array }>();

  constructor(read: OwnerReaders) {
    this.#read = read;
  }

  of(row: Cursor): Owner {
    const { key } = this.#read;
    const tid = key.slot(row);
    const known = this.#known.get(tid);
    if (known !== undefined && key.matches(row, known.words)) return known.owner;
    const words = new Int32Array(key.words);
    key.copy(row, words);
    const owner = this.#make(row);
    if (this.#known.size >= MAX_THREADS) this.#known.clear();
    this.#known.set(tid, { owner, words });
    return owner;
  }

  #make(row: Cursor): Owner {
    const { pid, tid, ppid, uid, gid, comm, mntns, netns, cgroupId } = this.#read;
    return {
      pid: pid(row),
      tid: tid(row),
      comm: comm(row),
      ppid: ppid(row),
      uid: uid(row),
      gid: gid(row),
      mntns: mntns(row),
      netns: netns(row),
      cgroupId: cgroupId(row),
    };
  }
}

/** A bound on memory; what is forgotten is read from the next record. */
const MAX_THREADS = 4096;
