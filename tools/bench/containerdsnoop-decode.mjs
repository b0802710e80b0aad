#!/usr/bin/env node
// What decoding costs, beside tshark on the same bytes:
// `node tools/bench/containerdsnoop-decode.mjs RECORDING [ROUNDS]`, where the recording is what
// `containerdsnoop -w FILE --show-secrets` wrote.
//
// Each round runs all of them, one after the other. CPU time of whole processes is counted, and the
// least of the rounds is told, since load only adds. "once" is the recording as it is and "ten times"
// the same traffic on as many connections more, start of the program included in both; "behind start"
// is what further traffic costs, the difference of the two. tshark gets the bytes as the pcapng that
// the tool writes, and the .proto files that the tool finds; `-T fields` decodes two fields of each
// message, the others all. `-T json` is run once only: it takes minutes for the longer one.
// Then the recording is decoded as often as makes an hour of its traffic, to see whether memory grows.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import {
  Decoder,
  RecordReader,
  schemaFromDescriptorSet,
} from '../../packages/containerdsnoop/dist/decode/index.js';

const [recording, rounds = '3'] = process.argv.slice(2);
const tool = fileURLToPath(new URL('../../packages/containerdsnoop/dist/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const HOUR_NS = 3600e9;
/** How much longer the second recording is. */
const TIMES = 10;
/** Of the format (docs/recordings.md). */
const MAGIC = 'imagesnoop record 1\n';
const FRAME = { about: 1, schema: 2, peer: 3, open: 4, data: 5, close: 6, end: 7 };
const PREFIX_BYTES = 8;
const CONNECTION_AT = 17;

const ours = (record) => [
  process.execPath,
  tool,
  '-r',
  record,
  '--show-secrets',
  '-q',
  '--no-file',
];
const redacted = (record) => ours(record).filter((arg) => arg !== '--show-secrets');
const tshark = (pcap) => ['tshark', '-r', pcap, '-o', 'protobuf.preload_protos:TRUE', '-Y', 'grpc'];
const FIELDS = ['-T', 'fields', '-e', 'http2.streamid', '-e', 'grpc.message_length'];
const CONTENDERS = [
  { name: 'JSON, secrets hidden', command: ({ record }) => [...redacted(record), '-o', 'json'] },
  { name: 'JSON, secrets shown', command: ({ record }) => [...ours(record), '-o', 'json'] },
  { name: 'table', command: ({ record }) => redacted(record) },
  { name: 'tshark -T fields', command: ({ pcap }) => [...tshark(pcap), ...FIELDS] },
  { name: 'tshark -T json', command: ({ pcap }) => [...tshark(pcap), '-T', 'json'], once: true },
];

try {
  const { chunks, schema } = read(recording);
  const megabytes = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  console.log(
    `${cpus()[0]?.model}, Linux ${release()}: ${megabytes.toFixed(1)} MB of traffic, best of ${rounds}`,
  );
  compare(megabytes);
  decodeOnly(chunks, schema, megabytes);
  hour(chunks, schema);
} finally {
  rmSync(folder, { recursive: true });
}

function compare(megabytes) {
  const once = traffic(recording, 'once');
  const often = traffic(repeated(recording), 'often');
  const best = CONTENDERS.map(() => ({ once: Infinity, often: Infinity }));
  for (let round = 0; round < Number(rounds); round++) {
    for (const [index, { command, once: only }] of CONTENDERS.entries()) {
      best[index].once = Math.min(best[index].once, cpuSeconds(command(once)));
      if (!only) best[index].often = Math.min(best[index].often, cpuSeconds(command(often)));
    }
  }
  const rates = best.map(({ once, often }) => ({
    once: megabytes / once,
    'ten times': (TIMES * megabytes) / often,
    'behind start': ((TIMES - 1) * megabytes) / (often - once),
  }));
  const parts = Object.keys(rates[0]);
  console.log(`${''.padEnd(24)} ${parts.map((part) => part.padStart(20)).join('   ')}`);
  for (const [index, { name, once: only }] of CONTENDERS.entries()) {
    const told = parts.map((part) => {
      if (only && part !== 'once') return '-'.padStart(20);
      const rate = `${rates[index][part].toFixed(1).padStart(6)} MB/s`;
      const times = (rates[0][part] / rates[index][part]).toFixed(1);
      return `${rate} ${times.padStart(6)} x`;
    });
    console.log(`${name.padEnd(24)} ${told.join('   ')}`);
  }
  console.log(`x: CPU time, ${CONTENDERS[0].name} being 1`);
}

/** A recording and what tshark needs to read the same. */
function traffic(record, name) {
  const pcap = join(folder, `${name}.pcapng`);
  const protos = join(folder, 'protos');
  const also = ['--pcap', pcap, '--emit-protos', protos, '-q', '--no-file'];
  const args = [tool, '-r', record, '--show-secrets', ...also];
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(join(folder, 'wireshark'), { recursive: true });
  writeFileSync(join(folder, 'wireshark', 'protobuf_search_paths'), `"${protos}","TRUE"\n`);
  return { record, pcap };
}

/** A recording with its frames TIMES over, each time with connections of its own. */
function repeated(path) {
  const bytes = readFileSync(path);
  const head = MAGIC.length;
  const parts = [bytes.subarray(0, head)];
  let connections = 0;
  for (let time = 0, before = 0; time < TIMES; time++, before = connections) {
    for (let at = head; at < bytes.length; ) {
      const end = at + PREFIX_BYTES + bytes.readUInt32LE(at);
      const kind = bytes[at + PREFIX_BYTES];
      let body = Buffer.from(bytes.subarray(at + PREFIX_BYTES, end));
      at = end;
      const isLast = kind === FRAME.end;
      const isHead = [FRAME.about, FRAME.schema, FRAME.peer].includes(kind);
      if ((isHead && time > 0) || (isLast && time < TIMES - 1)) continue;
      if (kind === FRAME.open) {
        body = Buffer.concat([body, Buffer.from(`-${time}`)]);
        connections++;
      } else if (kind === FRAME.data || kind === FRAME.close) {
        body.writeUInt32LE(body.readUInt32LE(CONNECTION_AT) + before, CONNECTION_AT);
      }
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix.writeUInt32LE(body.length, 0);
      prefix.writeUInt32LE(crc32(body), 4);
      parts.push(prefix, body);
    }
  }
  const longer = join(folder, 'longer.rec');
  writeFileSync(longer, Buffer.concat(parts));
  return longer;
}

/** CPU time of a command, in seconds; what it prints goes nowhere. */
function cpuSeconds(command) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null 2> "$ERRORS"';
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CONFIG_HOME: folder, ERRORS: join(folder, 'errors') },
  });
  if (status !== 0) throw new Error(readFileSync(join(folder, 'errors'), 'utf8'));
  const [user, system] = stderr.trim().split(' ').map(Number);
  return user + system;
}

/** In a process that runs already: bytes to messages, without printing them. */
function decodeOnly(chunks, schema, megabytes) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const start = process.cpuUsage();
    decode(chunks, new Decoder(options(schema)));
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1e6);
  }
  console.log(
    `bytes to messages alone  ${best.toFixed(3)} s ${(megabytes / best).toFixed(0).padStart(6)} MB/s`,
  );
}

/** Heap in use while an hour of such traffic is decoded: at its beginning, middle and end. */
function hour(chunks, schema) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const lengthNs = chunks.at(-1).tsNs - chunks[0].tsNs;
  const times = Math.ceil(HOUR_NS / lengthNs);
  const decoder = new Decoder(options(schema));
  const megabytes = [];
  for (let time = 0; time < times; time++) {
    const again = (chunk) => ({ ...chunk, conn: `${time} ${chunk.conn}` });
    for (const chunk of chunks) decoder.push(again(chunk));
    if (![0, Math.floor(times / 2), times - 1].includes(time)) continue;
    collect();
    megabytes.push((process.memoryUsage().heapUsed / 1e6).toFixed(1));
  }
  console.log(`an hour of it, ${times} times: ${megabytes.join(', ')} MB of heap in use`);
}

function decode(chunks, decoder) {
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
}

function options(schema) {
  return { schema, onMessage: () => {}, onCall: () => {}, onUndecoded: () => {} };
}

function read(path) {
  statSync(path);
  const reader = new RecordReader();
  const chunks = [...reader.push(readFileSync(path))];
  return { chunks, schema: schemaFromDescriptorSet(reader.schema) };
}
