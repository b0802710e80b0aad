// The programs without an interface: the kernel runs them on a frame that is handed to it.
import { BpfObject } from '@imagesnoop/bpf-core';
import { Layout, type Tracer } from '@imagesnoop/loader';
import { COUNT, type Session, SessionReader } from '../src/event.js';

/** Offsets in struct __sk_buff. Source: include/uapi/linux/bpf.h. */
const GSO_SEGS = 164;
const GSO_SIZE = 176;
const SKB_SIZE = 192;

export interface Aggregate {
  readonly segments?: number;
  readonly size?: number;
}

/** A loaded object and what its table has. */
export class KernelTable {
  readonly object: BpfObject;
  readonly read: SessionReader;
  readonly #hook: string;

  constructor(hook: 'tcx' | 'clsact', options: { maxSessions?: number } = {}) {
    this.#hook = hook;
    this.object = BpfObject.open(new URL('../bpf/tc-tracker.bpf.o', import.meta.url).pathname);
    for (const each of this.object.programs) each.autoload = each.name.endsWith(hook);
    if (options.maxSessions) this.object.map('sessions').maxEntries = options.maxSessions;
    this.object.load();
    const struct = this.object.struct('session_record');
    if (struct === undefined) throw new Error('no session_record');
    this.read = new SessionReader(new Layout(struct));
  }

  /** What a SessionTable needs of a tracer. */
  get tracer(): Tracer {
    return { map: (name: string) => this.object.map(name) } as Tracer;
  }

  /** A frame leaves (`out`) or arrives (`in`); the verdict must be that others decide. */
  pass(direction: 'out' | 'in', frame: Buffer, { segments = 0, size = 0 }: Aggregate = {}): number {
    const ctx = Buffer.alloc(SKB_SIZE);
    ctx.writeUInt32LE(segments, GSO_SEGS);
    ctx.writeUInt32LE(size, GSO_SIZE);
    const program = this.object.program(`tc_tracker_${direction}_${this.#hook}`);
    return program.testRun({ data: frame, ctx }).result | 0;
  }

  get sessions(): Session[] {
    return [...this.object.map('sessions').entries()].map(([key, value]) =>
      this.read.ofEntry(key, value),
    );
  }

  /** The only session there is. */
  get session(): Session {
    const [one, ...others] = this.sessions;
    if (one === undefined || others.length > 0) throw new Error(`${others.length + 1} sessions`);
    return one;
  }

  count(which: keyof typeof COUNT): number {
    return this.object
      .map('counts')
      .lookupPerCpu(COUNT[which])
      .reduce((sum, each) => sum + Number(Buffer.from(each).readBigInt64LE()), 0);
  }

  close(): void {
    this.object.close();
  }
}
