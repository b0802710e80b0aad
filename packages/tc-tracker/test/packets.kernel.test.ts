// Each form of a packet, and each way of beginning and ending, frame by frame.

import { features } from '@imagesnoop/bpf-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { durationNs } from '../src/session-table.js';
import { hostPort } from '../src/text.js';
import {
  ACK,
  authentication,
  ethernet,
  extension,
  FIN,
  fragment,
  ipv4,
  ipv6,
  QINQ,
  RST,
  SYN,
  tcp,
  VLAN,
} from './frames.js';
import { KernelTable } from './kernel-table.js';

const NEXT_DECIDES = -1;
const REPLY = { sport: 80, dport: 1000 };
const BACK = { source: [10, 0, 0, 2], destination: [10, 0, 0, 1] };

describe.each(['tcx', 'clsact'] as const)('[%s]', (hook) => {
  let table: KernelTable;
  beforeEach((context) => {
    requireKernel(context, lacksRoot() ?? lacksBtf());
    if (hook === 'tcx') requireKernel(context, features.supportsTcx() ? null : 'needs tcx');
    table = new KernelTable(hook);
  });
  afterEach(() => table?.close());

  const out = (frame: Buffer, aggregate = {}) =>
    expect(table.pass('out', frame, aggregate)).toBe(NEXT_DECIDES);
  const back = (frame: Buffer, aggregate = {}) =>
    expect(table.pass('in', frame, aggregate)).toBe(NEXT_DECIDES);
  const ends = () => {
    const { session, read } = table;
    return [
      hostPort(session, read.places.local, session.localPort),
      hostPort(session, read.places.remote, session.remotePort),
    ];
  };

  test('both directions are one session', () => {
    const frames = [ethernet(ipv4(tcp({ payload: 100 }))), ethernet(ipv4(tcp(REPLY), BACK))];
    out(frames[0] as Buffer);
    back(frames[1] as Buffer);
    back(frames[1] as Buffer);
    expect(ends()).toEqual(['10.0.0.1:1000', '10.0.0.2:80']);
    const { tx, rx } = table.session;
    expect(tx).toEqual({ skbs: 1, skbBytes: 154, packets: 1, bytes: 154, payloadBytes: 100 });
    expect(rx).toEqual({ skbs: 2, skbBytes: 108, packets: 2, bytes: 108, payloadBytes: 0 });
  });

  test.each([
    ['IPv4 options', () => ethernet(ipv4(tcp({ payload: 11 }), { options: 24 }))],
    ['TCP options', () => ethernet(ipv4(tcp({ payload: 11, options: 40 })))],
    [
      'padding behind a short packet',
      () => Buffer.concat([ethernet(ipv4(tcp({ payload: 11 }))), Buffer.alloc(9)]),
    ],
    ['a tag', () => ethernet(ipv4(tcp({ payload: 11 })), [{ kind: VLAN, id: 5 }])],
    [
      'hop-by-hop, routing and destination headers',
      () =>
        ethernet(ipv6(tcp({ payload: 11 }), [extension(0), extension(43, 2), extension(60, 1)])),
    ],
    ['an authentication header', () => ethernet(ipv6(tcp({ payload: 11 }), [authentication(6)]))],
    [
      'a mobility header in a tagged frame',
      () => ethernet(ipv6(tcp({ payload: 11 }), [extension(135, 1)]), [{ kind: VLAN, id: 5 }]),
    ],
    ['an atomic fragment', () => ethernet(ipv6(tcp({ payload: 11 }), [fragment(9, 0, false)]))],
  ])('%s', (_, frame) => {
    out(frame());
    const { tx, localPort, remotePort } = table.session;
    expect([localPort, remotePort]).toEqual([1000, 80]);
    expect(tx).toMatchObject({ skbs: 1, skbBytes: frame().length, payloadBytes: 11 });
  });

  test('sessions of two VLANs are two, and QinQ shows both tags', () => {
    const tags = (...ids: number[]) =>
      ids.map((id, i) => ({ kind: i < ids.length - 1 ? QINQ : VLAN, id }));
    for (const ids of [[], [5], [6], [100, 7]]) out(ethernet(ipv4(tcp()), tags(...ids)));
    const seen = table.sessions.map(({ vlan, innerVlan }) => `${vlan}.${innerVlan}`);
    expect(seen.sort()).toEqual(['0.0', '100.7', '5.0', '6.0']);
  });

  test('an aggregate is one skb and many packets, each with its headers', () => {
    out(ethernet(ipv4(tcp({ payload: 2920, options: 12 }))), { segments: 2, size: 1460 });
    expect(table.session.tx).toEqual({
      skbs: 1,
      skbBytes: 14 + 20 + 32 + 2920,
      packets: 2,
      bytes: 2 * (14 + 20 + 32) + 2920,
      payloadBytes: 2920,
    });
    back(ethernet(ipv6(tcp({ payload: 3000 }))), { size: 1440 });
    const six = table.sessions.find(({ family }) => family === 6);
    // Its number of segments was not told: 3000 / 1440, rounded up.
    expect(six?.rx).toMatchObject({ skbs: 1, packets: 3, bytes: 3000 + 3 * 74 });
  });

  test("a length that is larger than its field can say is the frame's", () => {
    out(ethernet(ipv4(tcp({ payload: 1000 }), { totalLength: 0 })));
    expect(table.session.tx.payloadBytes).toBe(1000);
  });

  test.each([
    [
      'IPv4',
      (n: number, offset: number, more: boolean, part: Buffer) =>
        ethernet(ipv4(part, { id: n, fragmentOffset: offset, moreFragments: more })),
    ],
    [
      'IPv6',
      (n: number, offset: number, more: boolean, part: Buffer) =>
        ethernet(ipv6(part, [fragment(n, offset, more)])),
    ],
  ])('fragments of %s belong to the session of their first, in any order', (_, make) => {
    const whole = tcp({ payload: 100 });
    const cut = (n: number) => [
      make(n, 0, true, whole.subarray(0, 48)),
      make(n, 48, true, whole.subarray(48, 96)),
      make(n, 96, false, whole.subarray(96)),
    ];
    const bytes = (frames: Buffer[]) => frames.reduce((sum, { length }) => sum + length, 0);
    for (const frame of cut(1)) out(frame);
    expect(table.session.tx).toMatchObject({ skbs: 3, skbBytes: bytes(cut(1)), payloadBytes: 100 });
    for (const frame of cut(2).reverse()) out(frame);
    const { tx } = table.session;
    expect(tx).toMatchObject({ skbs: 6, skbBytes: 2 * bytes(cut(1)), payloadBytes: 200 });
    expect([table.count('looseSkbs'), table.count('looseBytes')]).toEqual([0, 0]);
    out(cut(3)[2] as Buffer);
    expect(table.count('looseSkbs')).toBe(1);
    expect(table.session.tx.skbs).toBe(6);
  });

  test('what is not TCP, or not whole, is counted apart', () => {
    const frames = [
      ethernet(ipv4(tcp(), { protocol: 17 })),
      ethernet(ipv6(tcp(), [], 58)),
      ethernet(ipv6(tcp(), [extension(0)], 59)),
      ethernet(ipv4(tcp()).subarray(0, 30)),
      ethernet(ipv6(tcp(), [{ kind: 0, body: Buffer.alloc(7, 200) }])),
      ethernet(
        ipv6(
          tcp(),
          Array.from({ length: 9 }, () => extension(60)),
        ),
      ),
      Buffer.concat([Buffer.alloc(12), Buffer.of(0x08, 0x06), Buffer.alloc(28)]),
    ];
    for (const frame of frames) out(frame);
    expect(table.sessions).toEqual([]);
    expect(table.count('otherSkbs')).toBe(frames.length);
    expect(table.count('otherBytes')).toBe(frames.reduce((sum, { length }) => sum + length, 0));
  });

  test('from SYN to the FIN of the server, whoever closes first', () => {
    const end = (clientFirst: boolean) => {
      const fins = [
        () => out(ethernet(ipv4(tcp({ flags: FIN | ACK })))),
        () => back(ethernet(ipv4(tcp({ ...REPLY, flags: FIN | ACK }), BACK))),
      ];
      for (const fin of clientFirst ? fins : fins.reverse()) fin();
    };
    for (const clientFirst of [true, false]) {
      out(ethernet(ipv4(tcp({ flags: SYN, seq: clientFirst ? 1 : 2 }))));
      expect(table.session).toMatchObject({ opener: 'local', answered: false, end: null });
      back(ethernet(ipv4(tcp({ ...REPLY, flags: SYN | ACK }), BACK)));
      out(ethernet(ipv4(tcp())));
      expect(table.session).toMatchObject({ answered: true, end: null });
      end(clientFirst);
      out(ethernet(ipv4(tcp())));
      const { session } = table;
      expect(session.end).toBe('fin');
      expect(durationNs(session, 0)).toBe(session.rxFinNs - session.beginNs);
    }
    expect(table.count('ended')).toBe(2);
  });

  test('both close at the same time, and send their FINs again', () => {
    out(ethernet(ipv4(tcp({ flags: SYN }))));
    for (let i = 0; i < 3; i++) {
      out(ethernet(ipv4(tcp({ flags: FIN | ACK }))));
      back(ethernet(ipv4(tcp({ ...REPLY, flags: FIN | ACK }), BACK)));
    }
    const { session } = table;
    expect(session).toMatchObject({ end: 'fin', tx: { skbs: 4 }, rx: { skbs: 3 } });
    expect(session.rxFinNs).toBeLessThan(session.lastNs);
    expect(table.count('ended')).toBe(1);
  });

  test('a SYN that is sent again is the same session; RST ends it', () => {
    for (let i = 0; i < 4; i++) out(ethernet(ipv4(tcp({ flags: SYN, seq: 77 }))));
    expect(table.session).toMatchObject({ synRetransmits: 3, tx: { skbs: 4 }, end: null });
    back(ethernet(ipv4(tcp({ ...REPLY, flags: RST | ACK }), BACK)));
    expect(table.session).toMatchObject({ end: 'rst', answered: false });
  });

  test('both open at the same time: one session', () => {
    out(ethernet(ipv4(tcp({ flags: SYN, seq: 5 }))));
    back(ethernet(ipv4(tcp({ ...REPLY, flags: SYN, seq: 900 }), BACK)));
    expect(table.session).toMatchObject({ opener: 'local', synRetransmits: 0 });
    expect(table.count('replaced')).toBe(0);
  });

  test('the other side opens', () => {
    back(ethernet(ipv4(tcp({ ...REPLY, flags: SYN }), BACK)));
    expect(table.session.opener).toBe('remote');
  });

  test('one that began earlier is marked, until a SYN begins another one', () => {
    out(ethernet(ipv4(tcp({ payload: 9 }))));
    expect(table.session).toMatchObject({ opener: null, tx: { payloadBytes: 9 } });
    out(ethernet(ipv4(tcp({ flags: SYN }))));
    expect(table.session).toMatchObject({ opener: 'local', tx: { payloadBytes: 0, skbs: 1 } });
    expect([table.count('created'), table.count('replaced')]).toEqual([2, 1]);
  });

  test('ports that are used again begin another session', () => {
    for (const seq of [1, 2, 3]) {
      out(ethernet(ipv4(tcp({ flags: SYN, seq }))));
      out(ethernet(ipv4(tcp({ flags: RST, seq }))));
    }
    expect(table.session).toMatchObject({ tx: { skbs: 2 } });
    expect([table.count('created'), table.count('replaced')]).toEqual([3, 2]);
  });
});
