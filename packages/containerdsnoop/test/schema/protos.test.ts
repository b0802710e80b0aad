import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { emitProtos } from '../../src/decode/schema/emit-protos.js';
import { schemaFromExecutable } from '../../src/decode/schema/executable.js';
import {
  schemaFromDescriptorSetFile,
  schemaFromProtoFiles,
} from '../../src/decode/schema/proto-files.js';
import type { MessageType, Schema } from '../../src/decode/schema/schema.js';
import { zoo, zooPath } from '../protobuf/zoo.js';
import { schema as places } from '../redact/planted.js';
import { has } from '../testing.js';

const folder = mkdtempSync(join(tmpdir(), 'protos-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(schema: Schema, name: string): { root: string; names: string[] } {
  const root = join(folder, name);
  const files = emitProtos(schema);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, names: [...files.keys()] };
}

/** What a schema says, in a form that can be compared. */
function outline(schema: Schema): unknown {
  const seen = new Map<string, unknown>();
  // Compilers name the entries of maps differently.
  const visit = (type: MessageType, name = type.name): void => {
    if (seen.has(name)) return;
    seen.set(name, null);
    const fields = [...type.fields.values()].sort((a, b) => a.number - b.number);
    seen.set(
      name,
      fields.map(({ number, name: own, kind, repeated, map, message, enumeration, presence }) => {
        const of = map === null ? message?.name : `${name}#${number}`;
        if (message !== null) visit(message, of);
        const values = enumeration && [...enumeration.values];
        return [number, own, kind, repeated, map !== null, of, values, presence];
      }),
    );
  };
  const methods = [...schema.methods.values()].map((method) => {
    visit(method.request);
    visit(method.response);
    const { path, request, response, clientStreaming, serverStreaming } = method;
    return [path, request.name, response.name, clientStreaming, serverStreaming];
  });
  return { methods: methods.sort(), types: [...seen].sort() };
}

test.runIf(has('protoc'))('protoc takes what is written, and reads the same from it', async () => {
  const { root, names } = written(zoo, 'zoo');
  const set = join(folder, 'zoo.binpb');
  execFileSync('protoc', [
    `-I${root}`,
    `--descriptor_set_out=${set}`,
    '--include_imports',
    ...names,
  ]);
  const again = await schemaFromDescriptorSetFile(set);
  expect(outline(again)).toEqual(outline(zoo));
});

test.runIf(has('protoc') && has('containerd'))('also of containerd', async () => {
  const path = execFileSync('sh', ['-c', 'command -v containerd'], { encoding: 'utf8' }).trim();
  const schema = await schemaFromExecutable(path, { cache: false });
  expect(schema.methods.size).toBeGreaterThan(150);
  const { root, names } = written(schema, 'containerd');
  const set = join(folder, 'containerd.binpb');
  const options = [`-I${root}`, `--descriptor_set_out=${set}`, '--include_imports'];
  execFileSync('protoc', [...options, ...names], { stdio: ['ignore', 'ignore', 'pipe'] });
  expect(outline(await schemaFromDescriptorSetFile(set))).toEqual(outline(schema));
});

test('what is written can be read as --proto, too', async () => {
  const { root } = written(zoo, 'again');
  const again = await schemaFromProtoFiles([join(root, 'zoo_v1.proto')]);
  expect([...again.methods.keys()]).toEqual([...zoo.methods.keys()]);
  expect(emitProtos(again)).toEqual(emitProtos(zoo));
});

test('sensitive fields are marked, by the file or by their name', () => {
  const text = emitProtos(places).get('runtime_v1.proto');
  expect(text).toContain('string marked = 23; // holds a secret');
  const type = places.type('runtime.v1.ContainerConfig');
  expect(type?.dense[23]?.redact).toBe('hide');
  expect(type?.dense[24]?.redact).toBe('hide');
  expect(type?.dense[9]?.redact).toBe('keyed');
});

test('paths stay below the folder that is written to', () => {
  const file = { ...(zoo.files[0] as (typeof zoo.files)[number]), name: '../../etc/passwd.proto' };
  const names = [...emitProtos({ ...zoo, files: [file, { ...file, package: 'other' }] }).keys()];
  expect(names).toContain('etc/passwd.proto');
  expect(names).toContain('etc/passwd.2.proto');
  expect(names.every((name) => !name.includes('..') && !name.startsWith('/'))).toBe(true);
});

test('mistakes in files are told with the file', async () => {
  const broken = join(folder, 'broken.proto');
  writeFileSync(broken, 'syntax = "proto3"; message {');
  await expect(schemaFromProtoFiles([broken])).rejects.toMatchObject({ code: 'SCHEMA_BAD_PROTO' });
  writeFileSync(broken, 'syntax = "proto3"; import "not/there.proto";');
  await expect(schemaFromProtoFiles([broken])).rejects.toMatchObject({ code: 'SCHEMA_BAD_PROTO' });
  const missing = join(folder, 'none.proto');
  await expect(schemaFromProtoFiles([missing])).rejects.toMatchObject({
    code: 'SCHEMA_UNREADABLE',
  });
  await expect(schemaFromDescriptorSetFile(zooPath)).rejects.toMatchObject({
    code: 'SCHEMA_BAD_SET',
    message: expect.stringContaining('zoo.proto is no descriptor set'),
  });
  expect(readFileSync(zooPath, 'utf8')).toContain('service Zoo');
});
