#!/usr/bin/env node
// How well calls are named when the capture begins in the middle of their connections:
// `node tools/bench/late-attach.mjs RECORDING...`, where recordings are what
// `containerdsnoop -w FILE --show-secrets` wrote from before the connections were opened.
//
// The recording as it is tells the truth. Then decoding begins at each of nineteen points of it, with
// the first bytes of each direction cut off anywhere, and every label is compared. `SEED=N` cuts
// elsewhere, `-v` lists the methods that were not named.
//
// `--lose SHARE` decodes from the start instead, five times, with so much of the writes lost: some in
// a row, of half of them the beginning is there.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import {
  Decoder,
  RecordReader,
  schemaFromDescriptorSet,
} from '../../packages/containerdsnoop/dist/decode/index.js';

const POINTS = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
const LOSSY_RUNS = 5;
const MOST_IN_A_ROW = 6;
const KINDS = ['wire', 'inferred', 'ambiguous', 'other', 'wrong', 'wrong from the wire'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', short: 'v' }, lose: { type: 'string' } },
});
let state = Number(process.env.SEED ?? 1);

console.log(
  `${'recording'.padEnd(24)} ${'labels'.padEnd(9)} ${'number'.padStart(7)} ` +
    `${['right', ...KINDS].map((kind) => kind.padStart(10)).join(' ')}`,
);
for (const path of positionals) score(path);

function score(path) {
  const { chunks, schema } = recording(path);
  const truth = new Map();
  const learn = (of) => truth.set(identity(of), of.method);
  decode(chunks, schema, { onMessage: learn, onCall: learn });
  const counts = { request: tally(), response: tally(), call: tally() };
  const unnamed = new Map();
  const runs =
    values.lose === undefined
      ? POINTS.map((point) => () => cut(chunks, point))
      : Array(LOSSY_RUNS).fill(() => lossy(chunks, Number(values.lose)));
  for (const seen of runs) {
    decode(seen(), schema, {
      onMessage: (message) => count(counts[message.type], message, truth),
      onCall: (call) => {
        if (!count(counts.call, call, truth)) note(unnamed, call, truth);
      },
    });
  }
  for (const [labels, tally] of Object.entries(counts)) print(basename(path), labels, tally);
  if (values.verbose) {
    for (const [text, times] of [...unnamed].sort((a, b) => b[1] - a[1]))
      console.log(`${String(times).padStart(7)} ${text}`);
  }
}

function recording(path) {
  const reader = new RecordReader();
  const chunks = [...reader.push(readFileSync(path))].map((chunk) => ({
    ...chunk,
    bytes: Buffer.from(chunk.bytes ?? []),
  }));
  return { chunks, schema: schemaFromDescriptorSet(reader.schema) };
}

function decode(chunks, schema, { onMessage = () => {}, onCall }) {
  const decoder = new Decoder({ schema, onMessage, onCall, onUndecoded: () => {} });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
}

/** What a capture sees that begins at a point: connections that were open, their first bytes cut. */
function cut(chunks, point) {
  const opened = new Set();
  const begun = new Set();
  return chunks.slice(Math.floor(chunks.length * point)).map((chunk) => {
    const side = `${chunk.conn} ${chunk.toServer}`;
    if (chunk.kind === 'open') opened.add(chunk.conn);
    if (chunk.kind !== 'data' || opened.has(chunk.conn) || begun.has(side)) return chunk;
    begun.add(side);
    const gone = Math.floor(random() * chunk.bytes.length);
    const bytes = chunk.bytes.subarray(gone);
    return { ...chunk, bytes, offset: chunk.offset + gone, length: chunk.length - gone };
  });
}

/** What a capture sees that loses a share of the writes. */
function lossy(chunks, share) {
  let left = 0;
  let isLost = false;
  return chunks.flatMap((chunk) => {
    if (chunk.kind !== 'data') return [chunk];
    if (left-- <= 0) {
      isLost = random() < share;
      left = Math.floor(random() * MOST_IN_A_ROW);
    }
    if (!isLost) return [chunk];
    if (random() < 0.5) return [];
    return [{ ...chunk, bytes: chunk.bytes.subarray(0, random() * chunk.bytes.length) }];
  });
}

/**
 * What a label is of, whenever decoding began. Exchanges of HTTP/1 have no number on the wire: they
 * are told by when they were seen.
 */
function identity({ protocol, conn, stream, type, tsNs, endNs }) {
  if (protocol !== 'http') return `${conn} ${stream}`;
  return `${conn} ${type ?? 'call'} ${tsNs ?? endNs}`;
}

/** @returns whether the label names the right method */
function count(tally, label, truth) {
  const right = truth.get(identity(label));
  // A stream that was over at the start has no truth: bytes behind its end.
  if (right === undefined) return true;
  const kind = kindOf(label, right);
  tally[kind]++;
  return kind === 'wire' || kind === 'inferred';
}

function kindOf({ method, pathSource, candidates }, right) {
  if (method === right) return pathSource;
  if (method !== null) return pathSource === 'wire' ? 'wrong from the wire' : 'wrong';
  return candidates.includes(right) ? 'ambiguous' : 'other';
}

function note(unnamed, call, truth) {
  const { method, candidates } = call;
  const short = (path) => path.slice(path.lastIndexOf('.') + 1);
  const told = method === null ? candidates.map(short).join(' ') : short(method);
  const text = `${short(truth.get(identity(call)) ?? '')}: ${told}`;
  unnamed.set(text, (unnamed.get(text) ?? 0) + 1);
}

function tally() {
  return Object.fromEntries(KINDS.map((kind) => [kind, 0]));
}

function print(name, labels, tally) {
  const total = Object.values(tally).reduce((sum, each) => sum + each, 0);
  const share = (part) => `${((100 * part) / total).toFixed(2)} %`.padStart(10);
  const shares = [tally.wire + tally.inferred, ...KINDS.map((kind) => tally[kind])].map(share);
  console.log(
    `${name.padEnd(24)} ${labels.padEnd(9)} ${String(total).padStart(7)} ${shares.join(' ')}`,
  );
}

/** Numbers that are the same in each run (Numerical Recipes, ranqd1). */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
