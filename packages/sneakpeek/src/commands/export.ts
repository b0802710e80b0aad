import { open, rename, rm } from 'node:fs/promises';
import { bytesText, displayBytes, packageVersion, runCommand, say } from '@imagesnoop/output';
import { treesOf } from '../changed-files.js';
import { SneakpeekError } from '../errors.js';
import { writeLayer } from '../export/layer.js';
import { type BytePath, bytesOf } from '../files/byte-path.js';
import { oneTargetOptions } from '../options.js';
import { oneTarget } from '../targets.js';

/** `export NAME FILE.tar`: the changes of a container as a layer of an image. */
export const exportLayer = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Writes the files that changed in a container as an OCI layer',
      options: oneTargetOptions,
      operands: {
        name: 'CONTAINER FILE',
        help: 'whose changes, and the archive to write',
        min: 2,
        max: 2,
      },
      examples: [
        {
          command: 'sneakpeek export web changes.tar',
          help: 'a layer for an image, or for tar -t',
        },
      ],
      async run(values, { operands: [name = '', path = ''], print, signal }) {
        const { target, against } = await oneTarget(name, values);
        const partial = `${path}.${process.pid}.partial`;
        // Of files that only root may read: so may the archive.
        const out = await open(partial, 'wx', 0o600).catch((error) => {
          throw new SneakpeekError(
            'FILE_UNWRITABLE',
            `cannot write ${path}: ${error.code}`,
            '',
            error,
          );
        });
        try {
          const { base, now } = treesOf(target, against);
          const done = await writeLayer(base, now, out, signal);
          if (signal.aborted) return;
          await out.sync();
          await rename(partial, path);
          for (const each of done.skipped) note(each, 'cannot be in a layer, and is left out');
          for (const each of done.unsteady)
            note(each, 'shrank while it was read: zeros stand for the rest');
          await print(`sha256:${done.sha256}\n`);
          if (!values.quiet) {
            say(
              `${done.files} files and directories, ${done.deleted} deleted, ${bytesText(done.bytes)} in ${path}`,
            );
          }
        } finally {
          await out.close();
          await rm(partial, { force: true });
        }
      },
    },
    argv,
  );

function note(path: BytePath, what: string): void {
  const bytes = bytesOf(path);
  say(`sneakpeek: ${displayBytes(bytes, 0, bytes.length)} ${what}`);
}
