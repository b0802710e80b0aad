#!/usr/bin/env node
// How fast messages become JSON: `node tools/bench/containerdsnoop-json.mjs [ROUNDS]`.
//
// The message is what a kubelet asks for once a second on a node with 40 containers. Beside ours, with
// secrets hidden and shown: protobufjs (through @grpc/proto-loader) and JSON.stringify(), in turns, so
// that a machine that is busy is so for each of them. Figures are MB/s of protobuf, the best round.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  emitProtos,
  MessagePrinter,
  schemaFromDescriptorSet,
} from '../../packages/containerdsnoop/dist/decode/index.js';
import { JsonWriter } from '../../packages/output/dist/index.js';
import { ROOT } from '../setup/paths.mjs';

const FOLDER = join(ROOT, 'packages', 'containerdsnoop');
const CONTAINERS = 40;
const REPEAT = 100;
const rounds = Number(process.argv[2] ?? 12);

const schema = schemaFromDescriptorSet(readFileSync(join(FOLDER, 'schema', 'containerd.binpb')));
const method = schema.methods.get('/runtime.v1.RuntimeService/ListContainers');
const { ListContainers } = otherImplementation();
const bytes = ListContainers.responseSerialize({ containers: containers() });

const writer = new JsonWriter();
const ours = (redact) => {
  const printer = new MessagePrinter(schema, { redact });
  return () => {
    writer.clear();
    printer.json(bytes, method.response, writer);
    return writer.length;
  };
};
const text = (maxCharacters) => {
  const printer = new MessagePrinter(schema);
  return () => printer.text(bytes, method.response, { maxCharacters }).length;
};
const contenders = new Map([
  ['JSON, secrets hidden', ours(true)],
  ['JSON, secrets shown', ours(false)],
  ['one line of text', text(Number.POSITIVE_INFINITY)],
  ['its first 100 characters', text(100)],
  [
    'protobufjs and JSON.stringify',
    () => JSON.stringify(ListContainers.responseDeserialize(bytes)).length,
  ],
]);

const best = new Map([...contenders.keys()].map((name) => [name, 0]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of contenders) {
    const start = performance.now();
    for (let i = 0; i < REPEAT; i++) run();
    const rate = (REPEAT * bytes.length) / 1000 / (performance.now() - start);
    best.set(name, Math.max(best.get(name), rate));
  }
}
console.log(`a message of ${bytes.length} bytes, ${CONTAINERS} containers`);
for (const [name, rate] of best)
  console.log(`${name.padEnd(32)}${rate.toFixed(0).padStart(8)} MB/s`);

/** protobufjs, from the .proto files that --emit-protos writes. */
function otherImplementation() {
  const { loadSync } = createRequire(join(FOLDER, 'package.json'))('@grpc/proto-loader');
  const folder = mkdtempSync(join(tmpdir(), 'protos-'));
  try {
    let cri;
    for (const [path, content] of emitProtos(schema)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      if (content.includes('package runtime.v1;')) cri = path;
    }
    return loadSync(cri, { keepCase: true, includeDirs: [folder] })['runtime.v1.RuntimeService'];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function containers() {
  const id = (seed) => ((seed * 2654435761) >>> 0).toString(16).padStart(8, '0').repeat(8);
  return Array.from({ length: CONTAINERS }, (_, i) => ({
    id: id(i + 1),
    pod_sandbox_id: id(i + 1000),
    metadata: { name: `app-${i}`, attempt: i % 3 },
    image: { image: `sha256:${id(i % 7)}` },
    image_ref: `docker.io/library/busybox@sha256:${id(i % 7)}`,
    state: i % 3,
    created_at: `${1_668_000_000_000_000_000n + BigInt(i)}`,
    labels: {
      'io.kubernetes.container.name': `app-${i}`,
      'io.kubernetes.pod.name': `web-${i}`,
      'io.kubernetes.pod.namespace': 'default',
      'io.kubernetes.pod.uid': `5c3b9a3e-1f7c-4a08-93ba-${id(i).slice(0, 12)}`,
    },
    annotations: {
      'io.kubernetes.container.hash': id(i).slice(0, 8),
      'io.kubernetes.container.restartCount': '0',
      'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
      'io.kubernetes.container.terminationMessagePolicy': 'File',
      'io.kubernetes.pod.terminationGracePeriod': '30',
    },
  }));
}
