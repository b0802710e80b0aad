// What a row costs: JSON Lines, table and CSV of 20 fields, on one core, no output.
//
//   pnpm build && node bench/json.mjs
import { Csv, fields, JsonLines, Table } from '../dist/index.js';

const ROWS = 1024;
const ROW_BYTES = 128;
const u8 = new Uint8Array(ROWS * ROW_BYTES);
const u32 = new Uint32Array(u8.buffer);
const f64 = new BigUint64Array(u8.buffer);
for (let i = 0; i < ROWS; i++) {
  const at = i * ROW_BYTES;
  for (let k = 0; k < 16; k++) u32[at / 4 + k] = (i * 7919 + k * 104729) % 4_000_000;
  f64[at / 8 + 8] = BigInt(1e12 + i * 1e6);
  u8.set(Buffer.from('curl\0'), at + 80);
  u8.set(Buffer.from(`/var/lib/docker/${i}\0`), at + 96);
}
const row = { u8, base: 0 };
const u = (k) => (r) => u32[r.base / 4 + k];
const ns = (r) => u32[r.base / 4 + 16] + u32[r.base / 4 + 17] * 4294967296;
const textAt = (offset, length) => ({
  start: (r) => r.base + offset,
  end(r) {
    let end = r.base + offset;
    while (end < r.base + offset + length && r.u8[end] !== 0) end++;
    return end;
  },
});
const column = {};
const twenty = [
  fields.constant('type', 'connect', { description: '' }),
  fields.time('time', ns, { description: '' }),
  fields.uint('ts_us', (r) => Math.floor(ns(r) / 1000), { description: '' }),
  ...['pid', 'tid', 'ppid', 'uid', 'gid', 'sport', 'lport', 'dport', 'mntns', 'netns'].map(
    (name, k) => fields.uint(name, u(k), { description: '', ...(k < 2 ? { column } : {}) }),
  ),
  fields.text('comm', textAt(80, 16), { description: '', column }),
  fields.text('path', textAt(96, 32), { description: '', column }),
  fields.ip('saddr', { start: (r) => r.base + 4 }, () => 4, { description: '', column }),
  fields.ip('daddr', { start: (r) => r.base + 8 }, () => 4, { description: '', column }),
  fields.errno('error', (r) => (r.base & 1024 ? -111 : 0), { description: '', column }),
  fields.int('ret', (r) => (r.base & 1024 ? -111 : 0), { description: '' }),
  fields.json('container', () => null, { description: '', schema: {} }),
];
const eight = twenty.slice(2, 8).concat(twenty.slice(13, 15));
const screen = { width: 100, cut: true, color: false };
const shown = twenty.filter((f) => f.column.show === 'table');
const forms = {
  'json, 20 fields': new JsonLines(twenty),
  'json, 8 fields': new JsonLines(eight),
  [`table, ${shown.length} columns`]: new Table(shown, screen),
  'csv, 8 fields': new Csv(eight),
};
console.log(`node ${process.version}, ${twenty.length} fields`);
for (const [name, form] of Object.entries(forms)) {
  let best = Infinity;
  for (let round = 0; round < 12; round++) {
    const start = process.cpuUsage();
    for (let k = 0; k < 20; k++) {
      for (let i = 0; i < ROWS; i++) {
        row.base = i * ROW_BYTES;
        form.row(row);
        if (form.out.full) form.out.clear();
      }
    }
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1000) / (20 * ROWS));
  }
  form.out.clear();
  row.base = 0;
  form.row(row);
  console.log(`${name.padEnd(18)} ${best.toFixed(0).padStart(5)} ns/row, ${form.out.length} bytes`);
}
