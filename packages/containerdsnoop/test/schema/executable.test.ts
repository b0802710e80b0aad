import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { filesInSet, setOfFiles } from '../../src/decode/schema/descriptor.js';
import { schemaFromExecutable } from '../../src/decode/schema/executable.js';
import {
  descriptorsIn,
  joinSchemas,
  schemaFromDescriptorSet,
} from '../../src/decode/schema/from-files.js';
import { scanDescriptors } from '../../src/decode/schema/scan.js';
import { zoo } from '../protobuf/zoo.js';
import { elf, filler, gzipped } from './fake-executable.js';

const folder = mkdtempSync(join(tmpdir(), 'schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = [...filesInSet(zoo.set)].map((file) => Buffer.from(file));
const methods = ['/zoo.v1.Zoo/Feed', '/zoo.v1.Zoo/Watch'];
const isRoot = process.geteuid?.() === 0;

/** Everything twice, compressed and not, with other bytes in between. */
const contents = Buffer.concat([
  filler(5000, 1),
  ...files.flatMap((file, i) => [file, filler(900, i + 2), gzipped(file), filler(77, i + 3)]),
  Buffer.from('a/path/of/source.proto\0no/descriptor.proto'),
]);

test('descriptors are found compressed and plain, each once', () => {
  expect(scanDescriptors(contents).length).toBeGreaterThanOrEqual(2 * files.length);
  const found = descriptorsIn([contents]);
  expect(found).toHaveLength(files.length);
  const schema = schemaFromDescriptorSet(setOfFiles(found));
  expect([...schema.methods.keys()]).toEqual(methods);
  expect(schema.methods.get('/zoo.v1.Zoo/Watch')).toMatchObject({
    clientStreaming: true,
    serverStreaming: true,
  });
  for (const only of [gzipped, (file: Buffer) => file]) {
    const parts = files.map((file) => Buffer.concat([filler(33, 9), only(file), filler(33, 8)]));
    expect(descriptorsIn(parts)).toHaveLength(files.length);
  }
});

test('an executable is read, and its descriptors are kept where nobody else can write', async () => {
  const path = join(folder, 'program');
  const cacheDirectory = join(folder, 'cache');
  writeFileSync(path, elf(contents), { mode: 0o755 });
  const schema = await schemaFromExecutable(path, { cacheDirectory });
  expect([...schema.methods.keys()]).toEqual(methods);
  // Only root's programs are believed to be what their build id says.
  if (!isRoot) return;
  const [name, ...others] = readdirSync(cacheDirectory);
  expect(others).toEqual([]);
  const cached = join(cacheDirectory, name as string);
  expect(statSync(cached).mode & 0o777).toBe(0o600);
  expect(statSync(cacheDirectory).mode & 0o777).toBe(0o700);
  // The same program without its contents: what is found comes from the cache.
  const blank = Buffer.concat([elf(contents).subarray(0, 300), Buffer.alloc(contents.length)]);
  writeFileSync(path, blank.subarray(0, elf(contents).length));
  expect([...(await schemaFromExecutable(path, { cacheDirectory })).methods.keys()]).toEqual(
    methods,
  );
  await expect(schemaFromExecutable(path, { cache: false })).rejects.toMatchObject({
    code: 'SCHEMA_NONE',
  });
  // What is damaged is not believed.
  const bytes = readFileSync(cached);
  bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1;
  writeFileSync(cached, bytes);
  await expect(schemaFromExecutable(path, { cacheDirectory })).rejects.toMatchObject({
    code: 'SCHEMA_NONE',
  });
});

test('a folder or file that others could change is no cache', async () => {
  const path = join(folder, 'other');
  writeFileSync(path, elf(contents, 'other'), { mode: 0o755 });
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const link = join(folder, 'link');
  symlinkSync(join(folder, 'cache'), link);
  for (const cacheDirectory of [open, link, join(path, 'below')]) {
    const schema = await schemaFromExecutable(path, { cacheDirectory });
    expect(schema.methods.size).toBe(2);
  }
  expect(readdirSync(open)).toEqual([]);
});

test("another user's program is not cached", async () => {
  if (!isRoot) return;
  const path = join(folder, 'foreign');
  const cacheDirectory = join(folder, 'cache-foreign');
  writeFileSync(path, elf(contents, 'foreign'));
  chmodSync(path, 0o777);
  await schemaFromExecutable(path, { cacheDirectory });
  expect(existsSync(cacheDirectory)).toBe(false);
});

test('what is no executable with descriptors says so', async () => {
  await expect(schemaFromExecutable(join(folder, 'none'))).rejects.toMatchObject({
    code: 'SCHEMA_UNREADABLE',
    hint: 'Give the path of an existing file.',
  });
  await expect(schemaFromExecutable(folder)).rejects.toMatchObject({ code: 'SCHEMA_UNREADABLE' });
  await expect(schemaFromExecutable(process.execPath, { cache: false })).rejects.toMatchObject({
    code: 'SCHEMA_NONE',
  });
});

test('of two descriptions the first counts', () => {
  const joined = joinSchemas(zoo, zoo);
  expect([...joined.methods.keys()]).toEqual(methods);
  expect(schemaFromDescriptorSet(joined.set).type('zoo.v1.Animal')?.fields.size).toBe(36);
});
