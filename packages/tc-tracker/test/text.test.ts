// What people read: blocks, durations, sizes.
import { describe, expect, test } from 'vitest';
import { Blocks } from '../src/blocks.js';
import type { SessionRow } from '../src/columns.js';
import { durationLine } from '../src/durations.js';
import { Rates } from '../src/rates.js';
import { alignedBytes } from '../src/text.js';

const places = { local: 0, remote: 16, comm: 32 };
const traffic = (bytes: number, packets: number) => ({
  ...{ bytes, packets, payloadBytes: 0, skbs: packets, skbBytes: bytes },
});

function session(about: Partial<SessionRow> & { ends?: [string, string] } = {}): SessionRow {
  const u8 = new Uint8Array(48);
  u8.set(Buffer.from('cu\x1brl'), places.comm);
  const [local, remote] = about.ends ?? ['192.168.143.246', '10.0.0.1'];
  u8.set(local.split('.').map(Number), places.local);
  u8.set(remote.split('.').map(Number), places.remote);
  return {
    ...{ u8, key: 'a', owner: null, family: 4, localPort: 45_812, remotePort: 443, ifindex: 1 },
    ...{ netns: 1, vlan: 0, innerVlan: 0, opener: 'local', answered: true, end: null },
    ...{ wanted: true, beginNs: 0, lastNs: 0, txFinNs: 0, rxFinNs: 0, rstNs: 0 },
    ...{ synRetransmits: 0, tx: traffic(3523, 23), rx: traffic(913, 5), when: 'interval' },
    ...{ durationNs: 244_123_127, bytesPerS: null, interfaceName: 'eth0' },
    ...about,
  } as SessionRow;
}

test('sizes are aligned as the original has them', () => {
  const sizes = [0, 913, 1024, 3523, 1024 ** 2 * 2.5, 1024 ** 5];
  expect(sizes.map(alignedBytes)).toEqual([
    '   0.00  B',
    ' 913.00  B',
    '   1.00 KB',
    '   3.44 KB',
    '   2.50 MB',
    '   1.00 PB',
  ]);
});

describe('blocks', () => {
  const print = (...rows: SessionRow[]) => {
    const blocks = new Blocks(places, () => 'Trace at: now');
    blocks.beginSnapshot({ heading: 'Trace at: 17:09:04' });
    for (const row of rows) blocks.row(row);
    blocks.endSnapshot();
    return blocks.out.view().toString().split('\n');
  };

  test('addresses are aligned at their colons', () => {
    const owner = { pid: 7 } as never;
    const other = session({ ends: ['10.0.0.7', '142.250.184.83'], localPort: 80, opener: null });
    expect(print(session({ owner }), { ...other, end: 'rst' })).toEqual([
      'Trace at: 17:09:04',
      'Session: 192.168.143.246:45812 ->       10.0.0.1:443 | tx    3.44 KB      23 packets | rx  913.00  B       5 packets | cu\\x1brl 7',
      'Session:        10.0.0.7:80    -- 142.250.184.83:443 | tx    3.44 KB      23 packets | rx  913.00  B       5 packets | began earlier, ended by rst after 244 ms',
      '',
      '',
    ]);
  });

  test('a moment without sessions is a heading', () => {
    expect(print()).toEqual(['Trace at: 17:09:04', '', '']);
  });

  test('too many between two moments are a block of their own', () => {
    const blocks = new Blocks(places, () => 'Trace at: now');
    for (let i = 0; i < 1001; i++) blocks.row(session());
    expect(blocks.out.view().toString().split('\n')).toHaveLength(1 + 1000 + 2);
    blocks.epilogue(['the end']);
    expect(blocks.out.view().toString()).toMatch(/Session: [^\n]+\n\nthe end\n$/);
  });
});

describe('statistics.dat', () => {
  test('has lines as the original wrote them, from the client to the server', () => {
    expect(durationLine(session({ end: 'fin' }), places)).toBe(
      '192.168.143.246:45812 ->        10.0.0.1:443   | Duration: 0.244123127  s\n',
    );
    expect(durationLine(session({ end: 'fin', opener: 'remote' }), places)).toBe(
      '       10.0.0.1:443   -> 192.168.143.246:45812 | Duration: 0.244123127  s\n',
    );
  });

  test('says what is not from SYN to FIN', () => {
    expect(durationLine(session({ end: 'rst' }), places)).toMatch(/ s ended by rst\n$/);
    expect(durationLine(session({ end: 'silence', opener: null }), places)).toMatch(
      / s began earlier ended by silence\n$/,
    );
  });
});

describe('rates', () => {
  const at = (beginNs: number, bytes: number, more: Partial<SessionRow> = {}) =>
    session({ beginNs, tx: traffic(bytes, 1), rx: traffic(0, 0), ...more });

  test('are of what came since the picture before', () => {
    const rates = new Rates(0);
    expect(rates.of(at(1e9, 1000), 2e9)).toBe(500);
    rates.next(2e9);
    expect(rates.of(at(1e9, 4000), 3e9)).toBe(3000);
    rates.next(3e9);
    // The same ports, another session.
    expect(rates.of(at(3.5e9, 100, { end: 'fin' }), 4e9)).toBe(100);
  });

  test('are unknown for what was there before', () => {
    const rates = new Rates(10e9);
    expect(rates.of(at(1e9, 1000), 12e9)).toBeNull();
    rates.next(12e9);
    expect(rates.of(at(1e9, 1500), 13e9)).toBe(500);
  });
});
