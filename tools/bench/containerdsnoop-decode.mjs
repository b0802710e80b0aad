#!/usr/bin/env node
// What decoding costs, beside tshark on the same bytes:
// `node tools/bench/containerdsnoop-decode.mjs RECORDING [ROUNDS]`, where the recording is what
// `containerdsnoop -w FILE --show-secrets` wrote.
//
// Each round runs all of them, one after the other. CPU time of the whole process is counted, its
// start included, and the least of the rounds is told, since load only adds. tshark gets the bytes
// as the pcapng that the tool writes, and the .proto files that the tool finds. Then the recording
// is decoded as often as makes an hour of its traffic, to see whether memory grows.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Decoder,
  RecordReader,
  schemaFromDescriptorSet,
} from '../../packages/containerdsnoop/dist/decode/index.js';

const [recording, rounds = '3'] = process.argv.slice(2);
const tool = fileURLToPath(new URL('../../packages/containerdsnoop/dist/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const HOUR_NS = 3600e9;

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
  const pcap = join(folder, 'traffic.pcapng');
  const protos = join(folder, 'protos');
  const ours = [process.execPath, tool, '-r', recording, '--show-secrets'];
  const [program, ...args] = [...ours, '--pcap', pcap, '--emit-protos', protos, '-q'];
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(join(folder, 'wireshark'));
  writeFileSync(join(folder, 'wireshark', 'protobuf_search_paths'), `"${protos}","TRUE"\n`);
  const tshark = ['tshark', '-r', pcap, '-o', 'protobuf.preload_protos:TRUE'];
  const fields = ['-e', 'http2.streamid', '-e', 'grpc.message_length'];
  const commands = [
    ['containerdsnoop -o json', [...ours, '-o', 'json', '--complete-content']],
    ['containerdsnoop, table', ours],
    ['tshark -T fields', [...tshark, '-Y', 'grpc', '-T', 'fields', ...fields]],
    ['tshark -T json', [...tshark, '-Y', 'grpc', '-T', 'json']],
  ];
  const best = commands.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < Number(rounds); round++) {
    for (const [index, [, command]] of commands.entries())
      best[index] = Math.min(best[index], cpuSeconds(command));
  }
  for (const [index, [name]] of commands.entries()) {
    const seconds = best[index];
    console.log(
      `${name.padEnd(24)} ${seconds.toFixed(2)} s  ${(megabytes / seconds).toFixed(1).padStart(6)} MB/s` +
        `  ${(seconds / best[0]).toFixed(1).padStart(5)} times ours`,
    );
  }
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
