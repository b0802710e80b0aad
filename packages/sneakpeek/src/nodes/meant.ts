import { networkInterfaces } from 'node:os';
import { SneakpeekError } from '../errors.js';
import type { Node } from './ssh.js';

/** Which machines are meant; see the options of these names. */
export interface WhichNodes {
  readonly nodeAddr?: readonly string[] | undefined;
  readonly sshUser?: string | undefined;
  /** All nodes of the cluster. */
  readonly cluster?: boolean | undefined;
}

/** @returns null for this machine alone; else nodes, of which those without ssh are this machine too */
export async function nodesMeant({
  nodeAddr = [],
  sshUser: user,
  cluster = false,
}: WhichNodes): Promise<readonly MeantNode[] | null> {
  if (nodeAddr.length > 0) return nodeAddr.map((address) => ({ address, user, isHere: false }));
  if (!cluster) return null;
  const { Kubernetes } = await import('./kubernetes.js');
  const nodes = await Kubernetes.open().nodes();
  if (nodes.length === 0) {
    throw new SneakpeekError('CLUSTER_FAILED', 'the cluster has no node with an address', '');
  }
  const own = ownAddresses();
  return nodes.map(({ address }) => ({ address, user, isHere: own.has(address) }));
}

/** A node, and whether it is this very machine, which needs no ssh. */
export interface MeantNode extends Node {
  readonly isHere: boolean;
}

function ownAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.filter(({ internal }) => !internal).map(({ address }) => address));
}
