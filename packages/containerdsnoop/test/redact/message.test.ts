import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { MessagePrinter } from '../../src/decode/protobuf/index.js';
import type { MessageType } from '../../src/decode/schema/schema.js';
import { maskMessage } from '../../src/redact/mask-message.js';
import { config, encoded, leaksIn, pull, schema, secret } from './planted.js';

const printer = new MessagePrinter(schema);
const open = new MessagePrinter(schema, { redact: false });

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly type: MessageType | undefined;
}

const request = (method: string) => schema.methods.get(`/runtime.v1.${method}`)?.request;
const response = (method: string) => schema.methods.get(`/runtime.v1.${method}`)?.response;
const create = encoded('RuntimeService', 'CreateContainer', config(2));

const CASES: readonly Case[] = [
  { name: 'a container', bytes: create, type: request('RuntimeService/CreateContainer') },
  { name: 'with no schema', bytes: create, type: undefined },
  { name: 'with another type', bytes: create, type: request('RuntimeService/ExecSync') },
  {
    name: 'a pull',
    bytes: encoded('ImageService', 'PullImage', pull()),
    type: request('ImageService/PullImage'),
  },
  {
    name: 'output of a command',
    bytes: encoded('RuntimeService', 'ExecSync', { stdout: Buffer.from(secret()) }, true),
    type: response('RuntimeService/ExecSync'),
  },
  {
    name: 'a command',
    bytes: encoded('RuntimeService', 'ExecSync', { cmd: ['mysql', '--password', secret()] }),
    type: request('RuntimeService/ExecSync'),
  },
  {
    name: 'a URL for one use',
    bytes: encoded('RuntimeService', 'Exec', { url: `http://h/exec/${secret()}` }, true),
    type: response('RuntimeService/Exec'),
  },
];

function shown(bytes: Uint8Array, type: MessageType | undefined): Buffer {
  const writer = new JsonWriter();
  printer.json(bytes, type, writer);
  JSON.parse(writer.view().toString());
  const text = Buffer.from(printer.text(bytes, type));
  const short = Buffer.from(printer.text(bytes, type, { maxCharacters: 100 }));
  return Buffer.concat([writer.view(), text, short]);
}

test.each(CASES)('$name', ({ bytes, type }) => {
  expect(leaksIn(bytes)).not.toEqual([]);
  expect(leaksIn(shown(bytes, type))).toEqual([]);
  const masked = maskMessage(bytes, type, schema);
  expect(masked).toHaveLength(bytes.length);
  expect(leaksIn(masked)).toEqual([]);
});

test.each(CASES)('$name, cut anywhere', ({ bytes, type }) => {
  for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 9)) {
    const part = bytes.subarray(0, length);
    expect(leaksIn(shown(part, type))).toEqual([]);
    expect(leaksIn(maskMessage(part, type, schema))).toEqual([]);
  }
});

test('what is no secret stays', () => {
  const text = printer.text(create, request('RuntimeService/CreateContainer'));
  for (const part of ['docker.io/library/web:1', '{key:"app" value:"web"}', 'key:"HOME"']) {
    expect(text).toContain(part);
  }
  const writer = new JsonWriter();
  printer.json(create, request('RuntimeService/CreateContainer'), writer);
  const json = JSON.parse(writer.view().toString());
  expect(json.spec.value.process.env).toEqual(['PATH=<redacted>', 'DB=<redacted>']);
  expect(json.args[0]).toBe('--password');
  expect(json.extensions.message.auth.username).toBe('joe');
});

test('a masked message is the same message to a parser, with the same fields', () => {
  const type = request('RuntimeService/CreateContainer') as MessageType;
  const masked = maskMessage(create, type, schema);
  const writer = new JsonWriter();
  open.json(masked, type, writer);
  const json = JSON.parse(writer.view().toString());
  expect(JSON.stringify(json)).not.toContain('@malformed');
  expect(json.image.image).toBe('docker.io/library/web:1');
  expect(json.envs[0].key).toBe('HOME');
  expect(json.envs[0].value).toMatch(/^x+$/);
  expect(json.spec.value.process.env[0]).toBe('PATH=xxxx');
  // Masking once more changes nothing.
  expect(maskMessage(masked, type, schema)).toEqual(masked);
});
