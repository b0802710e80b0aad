#!/usr/bin/env node
// `npm run image -- [--tag NAME] [--arch x64|arm64] [--output FORMAT:FILE]`: sets up what building
// needs, builds the packages, and writes a container image of all tools into a file.
import { mkdirSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative } from '../native/build.mjs';
import { TARGETS } from '../native/toolchain.mjs';
import { SetupError } from '../setup/error.mjs';
import { guarded, setup } from '../setup/index.mjs';
import { ROOT } from '../setup/paths.mjs';
import { buildImage } from './image.mjs';

const FORMATS = ['docker-archive', 'oci-archive'];
const USAGE = 'npm run image -- [--tag NAME] [--arch x64|arm64] [--output FORMAT:FILE]';

/**
 * @param {string[]} args
 * @returns {{ tag: string, arch: string, format: string, path: string }}
 * @throws {SetupError}
 */
export function understand(args) {
  const options = { tag: { type: 'string' }, arch: { type: 'string' }, output: { type: 'string' } };
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new SetupError(cause.message, USAGE, { cause });
  }
  const { tag = 'imagesnoop:latest', arch = process.arch } = values;
  if (!Object.hasOwn(TARGETS, arch)) {
    throw new SetupError(
      `there is no image for ${arch}`,
      `The addon exists for ${Object.keys(TARGETS).join(' and ')}.`,
    );
  }
  const output = values.output ?? `docker-archive:.cache/image/imagesnoop-${arch}.tar`;
  const [, format, path] = /^([^:]+):(.+)$/.exec(output) ?? [];
  if (!FORMATS.includes(format)) {
    throw new SetupError(
      `--output: expected FORMAT:FILE, got '${output}'`,
      `FORMAT is ${FORMATS.join(' (docker load, ctr, podman) or ')} (ctr, podman, registries).`,
    );
  }
  return { tag, arch, format, path };
}

async function main() {
  const wanted = understand(process.argv.slice(2));
  await setup({ lists: ['build', 'image'] });
  await buildNative({ arch: wanted.arch });
  mkdirSync(dirname(resolve(ROOT, wanted.path)), { recursive: true });
  const { path, bytes, archiveBytes } = await buildImage(wanted);
  const mb = (count) => `${(count / 1e6).toFixed(1)} MB`;
  console.log(
    `${wanted.tag}: ${mb(bytes)} in ${relative(process.cwd(), path)} (${mb(archiveBytes)})`,
  );
}

if (import.meta.filename === process.argv[1]) await guarded(main);
