/// <reference path="./hpack-js.d.ts" />
import huffman from 'hpack.js/lib/hpack/huffman.js';

const EOS = 256;
const NONE = -1;
/** Nobody came this way yet. */
const UNKNOWN = -2;

/**
 * A machine that eats whole bytes: a state is an inner node of the code's tree. The shortest code
 * has 5 bits, so that a byte ends at most two of them.
 */
interface Machine {
  nodes: Node[];
  /** By state * 256 + byte: the next state, or NONE if no string goes on like this. */
  next: Int16Array;
  /** How many octets come out, and which: the first in the low byte. */
  count: Uint8Array;
  octets: Uint16Array;
  /** By state: whether a string may end here, in fewer than 8 bits of padding (RFC 7541, 5.2). */
  final: Uint8Array;
}

let machine: Machine | null = null;

/** A node: what follows bit 0 and bit 1. Leaves are -2 - octet. */
type Node = [number, number];
const leaf = (octet: number) => -2 - octet;

function codeTree(): Node[] {
  const nodes: Node[] = [[NONE, NONE]];
  for (const [octet, [bits, code]] of huffman.encode.entries()) {
    let node = nodes[0] as Node;
    for (let shift = bits - 1; shift > 0; shift--) {
      const bit = (code >>> shift) & 1;
      if (node[bit] === NONE) node[bit] = nodes.push([NONE, NONE]) - 1;
      node = nodes[node[bit] as number] as Node;
    }
    node[code & 1] = leaf(octet);
  }
  return nodes;
}

function build(): Machine {
  const nodes = codeTree();
  const size = nodes.length * 256;
  const made: Machine = {
    nodes,
    next: new Int16Array(size).fill(UNKNOWN),
    count: new Uint8Array(size),
    octets: new Uint16Array(size),
    final: new Uint8Array(nodes.length),
  };
  // Padding is the beginning of the code of EOS, which is all ones.
  for (let state = 0, bits = 0; bits < 8; bits++) {
    made.final[state] = 1;
    state = (nodes[state] as Node)[1];
  }
  return made;
}

/** Finds out where a state goes with a byte: strings need a small part of all ways. */
function addTransition(made: Machine, at: number): void {
  const { nodes } = made;
  const byte = at & 0xff;
  let state = at >> 8;
  for (let shift = 7; shift >= 0; shift--) {
    const to = (nodes[state] as Node)[((byte >> shift) & 1) as 0 | 1];
    if (to === leaf(EOS)) {
      made.next[at] = NONE;
      return;
    }
    if (to >= 0) {
      state = to;
      continue;
    }
    const count = made.count[at] as number;
    made.octets[at] = (made.octets[at] as number) | ((leaf(0) - to) << (8 * count));
    made.count[at] = count + 1;
    state = 0;
  }
  made.next[at] = state;
}

let scratch = Buffer.alloc(4096);

/**
 * A string of HPACK's Huffman code (RFC 7541, 5.2) as Latin-1 text, or null if the bytes are none.
 *
 * @param bytes where it lies
 * @param start its first byte
 * @param end behind its last byte
 */
export function huffmanText(bytes: Uint8Array, start: number, end: number): string | null {
  machine ??= build();
  const { next, count, octets, final } = machine;
  // The shortest code has 5 bits.
  const most = Math.ceil(((end - start) * 8) / 5) + 2;
  if (scratch.length < most) scratch = Buffer.alloc(most);
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const step = state * 256 + (bytes[at] as number);
    if (next[step] === UNKNOWN) addTransition(machine, step);
    state = next[step] as number;
    if (state === NONE) return null;
    const out = count[step] as number;
    if (out === 0) continue;
    const both = octets[step] as number;
    scratch[length++] = both & 0xff;
    if (out === 2) scratch[length++] = both >> 8;
  }
  return final[state] === 1 ? scratch.toString('latin1', 0, length) : null;
}
