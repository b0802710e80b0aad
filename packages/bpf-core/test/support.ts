// The test object of this package, and the few things that several of its tests do.
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { BpfObject, features } from '../src/index.js';

export const OBJECT = fileURLToPath(new URL('./fixtures/core.bpf.o', import.meta.url));

/** The loaded test object with only these programs. */
export function loadOnly(...programs: string[]): BpfObject {
  const object = BpfObject.open(OBJECT);
  for (const each of object.programs) each.autoload = programs.includes(each.name);
  try {
    object.load();
  } catch (error) {
    object.close();
    throw error;
  }
  return object;
}

/** How often the programs of an object ran. */
export function hits(object: BpfObject): number {
  const bytes = object.getGlobal('hits');
  if (bytes === undefined) throw new Error('the test object has no hits');
  return Number(new DataView(bytes.buffer).getBigUint64(0, true));
}

export interface Order {
  amount: number;
  size?: 12 | 16 | 8192;
  map?: 0 | 1;
}

/** Has the kernel put records into a ring (0 events, 1 others); how many it refused. */
export function emit(object: BpfObject, { amount, size = 16, map = 0 }: Order): number {
  const ctx = new Uint8Array(16);
  const view = new DataView(ctx.buffer);
  view.setBigUint64(0, BigInt(amount), true);
  view.setUint32(8, size, true);
  view.setUint32(12, map, true);
  return object.program('emit').testRun({ ctx }).result;
}

/** The error code of what `run` throws, or `fine`. */
export function outcome(run: () => unknown): string {
  try {
    run();
    return 'fine';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

/** Skips the running test, and says why, where BPF programs cannot be loaded. */
export function needKernel(context: Pick<TestContext, 'skip'>): void {
  requireKernel(context, lacksRoot() ?? lacksBtf());
}

/** Skips the running test where `emit` does not load: it loops in a system call program. */
export function needEmit(context: Pick<TestContext, 'skip'>): void {
  needKernel(context);
  const has = features.probeProgramType('syscall') && features.probeHelper('syscall', BPF_LOOP);
  requireKernel(context, has ? null : 'needs bpf_loop, Linux 5.17');
}

/** enum bpf_func_id */
const BPF_LOOP = 181;
