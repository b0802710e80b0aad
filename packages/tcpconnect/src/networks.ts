import type { Tracer } from '@imagesnoop/loader';

/** A network: an address in network order with the host's bits zero, and how many bits count. */
export interface Network {
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  readonly prefix: number;
}

/** Networks that pass, or all but those that do not; the longest that matches decides. */
export interface NetworkSet {
  readonly include: readonly Network[];
  readonly exclude: readonly Network[];
}

/** enum cidr_verdict in bpf/include/destination.bpf.h */
const VERDICT = { included: 1, excluded: 2 } as const;
/** IPv4 addresses stand as ::ffff:a.b.c.d in the tree. */
const MAPPED_BITS = 96;
const ALL: Network = { family: 6, address: new Uint8Array(16), prefix: 0 };

/** Entries that the networks need. */
export function networkEntries({ include, exclude }: NetworkSet): number {
  return include.length + exclude.length + 1;
}

/** Writes the filter; the network of all addresses comes last, because it arms the others. */
export function writeNetworks(tracer: Tracer, { include, exclude }: NetworkSet): void {
  const map = tracer.map('filter_cidrs');
  const write = (network: Network, verdict: number) =>
    map.update(keyOf(network), Uint8Array.of(verdict, 0, 0, 0));
  for (const network of include) write(network, VERDICT.included);
  for (const network of exclude) write(network, VERDICT.excluded);
  if (include.some(isAll) || exclude.some(isAll)) return;
  write(ALL, include.length === 0 ? VERDICT.included : VERDICT.excluded);
}

function isAll({ family, prefix }: Network): boolean {
  return family === 6 && prefix === 0;
}

/** `struct cidr_key` */
export function keyOf({ family, address, prefix }: Network): Uint8Array {
  const key = Buffer.alloc(20);
  if (family === 4) {
    key.writeUInt32LE(MAPPED_BITS + prefix, 0);
    key.fill(0xff, 14, 16);
    key.set(address, 16);
  } else {
    key.writeUInt32LE(prefix, 0);
    key.set(address, 4);
  }
  return key;
}
