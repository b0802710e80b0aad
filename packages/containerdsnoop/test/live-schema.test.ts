// A daemon's program that is replaced while it is traced.
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesInSet } from '../src/decode/schema/descriptor.js';
import { schemaFromDescriptorSet } from '../src/decode/schema/index.js';
import { LiveSchema } from '../src/live-schema.js';
import { shop } from './decode/shop.js';
import { zoo } from './protobuf/zoo.js';
import { elf, gzipped } from './schema/fake-executable.js';

let folder: string;
let installed: string;
let running: string;
let live: LiveSchema;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'live-schema-'));
  installed = join(folder, 'daemon');
  running = join(folder, 'exe');
  writeFileSync(installed, elf(Buffer.from('the old one')));
  // As /proc/PID/exe, which names the file that a process runs.
  symlinkSync(installed, running);
  live = new LiveSchema();
  await live.add(running);
  live.begin(schemaFromDescriptorSet(shop.set));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(bytes: Buffer): void {
  writeFileSync(join(folder, 'new'), bytes);
  renameSync(join(folder, 'new'), installed);
}

const old = [...shop.methods.keys()];
const newer = [...zoo.methods.keys()];

test('what the new one knows is known before its first message, and what the old one knew', async () => {
  await live.follow(1000);
  expect([...live.methods.keys()]).toEqual(old);
  install(elf(Buffer.concat([...filesInSet(zoo.set)].map((file) => gzipped(file))), 'new'));
  await live.follow(2000);
  expect([...live.methods.keys()].sort()).toEqual([...old, ...newer].sort());
  expect(live.type('zoo.v1.Animal') === undefined).toBe(zoo.type('zoo.v1.Animal') === undefined);
  expect(live.notes).toEqual([`schema: ${newer.length} methods from the new ${installed}`]);
});

test('one that says nothing changes nothing, and is told of once', async () => {
  install(elf(Buffer.from('nothing')));
  await live.follow(1000);
  await live.follow(2000);
  expect([...live.methods.keys()]).toEqual(old);
  expect(live.notes).toHaveLength(1);
  expect(live.notes[0]).toContain(`schema: none from the new ${installed}`);
});

test('one that is gone is not there yet', async () => {
  rmSync(installed);
  await live.follow(1000);
  expect([live.notes, [...live.methods.keys()]]).toEqual([[], old]);
});
