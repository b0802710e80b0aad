// How a program gets into the path of packets: tcx (since 6.6), or the older clsact and cls_bpf.
import { features } from '@imagesnoop/bpf-core';
import { reasonOf } from '../refusal.js';
import { openProbe } from './kinds.js';

export interface TcFlavour {
  readonly flavour: 'tcx' | 'clsact' | null;
  readonly why: string | null;
}

/** Attaching to an interface, even for a moment, would change it, so clsact is only loaded for. */
export function tryTc(btf: string | undefined): TcFlavour {
  const object = openProbe('probe_tc', btf);
  try {
    object.load();
    return { flavour: features.supportsTcx() ? 'tcx' : 'clsact', why: null };
  } catch (error) {
    return { flavour: null, why: reasonOf(error) };
  } finally {
    object.close();
  }
}
