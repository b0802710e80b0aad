import type { Tracer } from '@imagesnoop/loader';
import { options } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { keyOf, networkEntries, writeNetworks } from '../src/networks.js';

/** What the kernel would do with the entries: the longest match decides. */
function verdictOf(list: string, address: string): boolean {
  const set = options.networks({ help: '' }).parse([list]);
  if (set === undefined) throw new Error('no set');
  const entries: { bits: number; address: Uint8Array; verdict: number }[] = [];
  const update = (key: Uint8Array, value: Uint8Array) => {
    const bits = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
    entries.push({ bits, address: key.subarray(4), verdict: value[0] as number });
  };
  writeNetworks({ map: () => ({ update }) } as unknown as Tracer, set);
  expect(entries.length).toBeLessThanOrEqual(networkEntries(set));
  const one = options.networks({ help: '' }).parse([address])?.include[0];
  if (one === undefined) throw new Error('no address');
  const wanted = keyOf(one).subarray(4);
  const matching = entries.filter(({ bits, address: network }) => {
    for (let bit = 0; bit < bits; bit++) {
      const mask = 0x80 >> (bit & 7);
      if (((network[bit >> 3] as number) & mask) !== ((wanted[bit >> 3] as number) & mask))
        return false;
    }
    return true;
  });
  return matching.sort((a, b) => b.bits - a.bits)[0]?.verdict === 1;
}

test.each([
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/8', 'fd00::1', false],
  ['10.0.0.0/8,!10.1.0.0/16', '10.1.2.3', false],
  ['10.0.0.0/8,!10.1.0.0/16,10.1.2.0/24', '10.1.2.3', true],
  ['!10.0.0.0/8', '10.1.2.3', false],
  ['!10.0.0.0/8', '192.0.2.1', true],
  ['!10.0.0.0/8', 'fd00::1', true],
  ['fd00::/8', 'fd00::1', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['!0.0.0.0/0', 'fd00::1', true],
  ['::/0', '192.0.2.1', true],
  ['::/0,!fd00::/8', 'fd00::1', false],
])('--cidr %s and %s: %s', (list, address, wanted) => {
  expect(verdictOf(list, address)).toBe(wanted);
});
