// All that an interface counts is in the rows, byte for byte, and all that programs sent.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import {
  lacksHook,
  lostIn,
  rowsOf,
  startTool,
  type ToolResult,
} from '../../../tools/testing/tool.js';
import { type Counters, VethPair } from './veth.js';

interface Told {
  readonly pid: number;
  readonly written: number;
  /** By TCP, what it sent again included. */
  readonly sent: number;
  readonly received: number;
  readonly ports: readonly number[];
}

const PORT = '8080';
const V4 = '10.77.0.2';
const V6 = 'fd77::2';
const ANSWER = 113;
/** Emulated processors are slow. */
const IN_GUEST = process.env.IMAGESNOOP_GUEST !== undefined;
const BULK = IN_GUEST ? 2_000_000 : 20_000_000;
const SESSIONS = IN_GUEST ? 211 : 1009;

let pair: VethPair;
beforeEach((context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  pair = new VethPair();
});
afterEach(() => pair?.remove());

/** The last row of each session. */
function lastRows(text: string): Record<string, unknown>[] {
  const rows = new Map<string, Record<string, unknown>>();
  for (const row of rowsOf(text)) rows.set(JSON.stringify([row.ts_us, row.sport, row.family]), row);
  return [...rows.values()];
}

const sum = (rows: readonly Record<string, unknown>[], field: string): number =>
  rows.reduce((total, row) => total + Number(row[field]), 0);

/** What the summary says of frames that were not TCP. */
function besides({ stderr }: ToolResult): { packets: number; bytes: number } {
  const [, packets, bytes] = /not TCP: (\d+) packets, (\d+) bytes/.exec(stderr) ?? [];
  return { packets: Number(packets), bytes: Number(bytes) };
}

function difference(after: Counters, before: Counters): Record<string, number> {
  return {
    tx_bytes: after.tx.bytes - before.tx.bytes,
    rx_bytes: after.rx.bytes - before.rx.bytes,
    packets: after.tx.packets + after.rx.packets - before.tx.packets - before.rx.packets,
  };
}

describe.each(['tcx', 'clsact'])('[%s]', (hook) => {
  beforeEach(async (context) => {
    requireKernel(context, await lacksHook('tc-tracker', hook));
  });

  /** Runs the tool around some traffic and compares all counts there are. */
  async function compare(
    namespace: string,
    connections: number,
    bytes: number,
    ...hosts: string[]
  ): Promise<{ rows: Record<string, unknown>[]; told: Told }> {
    await pair.start(pair.server, 'server', PORT, String(ANSWER));
    const options = ['--hook', hook, '--netns', namespace, '-i', pair.name, '-o', 'json'];
    const tool = await startTool('tc-tracker', options);
    const before = pair.counters(namespace);
    const args = [PORT, String(connections), String(bytes), ...hosts];
    const told = await pair.run<Told>(pair.client, 'client', ...args);
    const ended = await tool.stop();
    const after = pair.counters(namespace);

    const rows = lastRows(ended.stdout);
    const other = besides(ended);
    const counted = difference(after, before);
    expect(lostIn(ended.stdout)).toBe(0);
    expect(rows).toHaveLength(connections);
    const own = namespace === pair.client ? 'tx' : 'rx';
    const others = namespace === pair.client ? 'rx' : 'tx';
    expect(sum(rows, `${own}_payload_bytes`)).toBe(told.sent);
    expect(sum(rows, `${others}_payload_bytes`)).toBe(told.received);
    expect(told).toMatchObject({ written: connections * bytes, received: connections * ANSWER });
    const frames = sum(rows, 'tx_skb_bytes') + sum(rows, 'rx_skb_bytes') + other.bytes;
    expect(frames).toBe((counted.tx_bytes ?? 0) + (counted.rx_bytes ?? 0));
    const packets = sum(rows, 'tx_skbs') + sum(rows, 'rx_skbs') + other.packets;
    expect(packets).toBe(counted.packets);
    return { rows, told };
  }

  test('bulk, with GSO: fewer skbs than packets, and all bytes', async () => {
    const { rows, told } = await compare(pair.client, 1, BULK, V4);
    const [row] = rows;
    expect(Number(row?.tx_packets)).toBeGreaterThan(2 * Number(row?.tx_skbs));
    // Each packet has 14 + 20 + 32 bytes of headers, but for the SYN with its 40.
    const headers = 66 * Number(row?.tx_packets) + 8;
    expect(Number(row?.tx_bytes)).toBe(told.sent + headers);
  });

  test('bulk, without GSO: packets are skbs', async () => {
    pair.withoutGso();
    const { rows } = await compare(pair.client, 1, BULK, V6);
    const [row] = rows;
    expect(row?.tx_packets).toBe(row?.tx_skbs);
    expect(row?.tx_bytes).toBe(row?.tx_skb_bytes);
  });

  test('many small sessions of IPv4 and IPv6, seen by the server', async () => {
    const { rows } = await compare(pair.server, SESSIONS, 31, V4, V6);
    expect(rows.filter(({ family }) => family === 4)).toHaveLength((SESSIONS + 1) / 2);
    expect(rows.every(({ end, opener }) => end === 'fin' && opener === 'remote')).toBe(true);
  });

  test('each session has its process and ports', async () => {
    await pair.start(pair.server, 'server', PORT);
    const options = ['--hook', hook, '--netns', pair.client, '-o', 'json'];
    const tool = await startTool('tc-tracker', options);
    const told = await pair.run<Told>(pair.client, 'client', PORT, '7', '11', V4, V6);
    const rows = lastRows((await tool.stop()).stdout);
    expect(rows.map(({ sport }) => sport).sort()).toEqual([...told.ports].sort());
    for (const row of rows) {
      expect(row).toMatchObject({ pid: told.pid, comm: 'client', uid: 0, interface: pair.name });
      expect(row).toMatchObject({ opener: 'local', preexisting: false, state: 'closed' });
    }
  });
});
