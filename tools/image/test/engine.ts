/** The image in a real Docker engine, as `docker run` starts it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDockerd, type TestDockerd } from '../../../packages/containers/test/runtimes.js';
import { buildImage } from '../image.mjs';

export const IMAGE = 'imagesnoop:test';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Engine extends TestDockerd {
  /** `docker run` of a container that is removed at its end. */
  docker(args: readonly string[]): Promise<Outcome>;
}

/** Builds the image into a file that the caller removes with its folder. */
export async function imageFile(): Promise<{ folder: string; path: string; bytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'imagesnoop-image-file-'));
  const file = { tag: IMAGE, format: 'docker-archive' as const, path: join(folder, 'image.tar') };
  const { path, bytes } = await buildImage(file);
  return { folder, path, bytes };
}

/** Starts a daemon and loads the image. `stop()` leaves nothing. */
export async function startEngine(image: string, program?: string): Promise<Engine> {
  const which = program === undefined ? {} : { program };
  // With overlayfs a container is started without a copy of its image; where that cannot be, by copies.
  const daemon = await startDockerd({ ...which, storage: 'overlay2' }).catch(() =>
    startDockerd(which),
  );
  const config = await mkdtemp(join(tmpdir(), 'imagesnoop-docker-'));
  const env = { ...process.env, DOCKER_HOST: `unix://${daemon.socket}`, DOCKER_CONFIG: config };
  const call = (args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile('/usr/bin/docker', args, { env, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        // The client's own remarks on the daemon's configuration.
        const said = stderr.replace(/^WARNING: .*\n/gm, '');
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: said });
      });
    });
  const loaded = await call(['load', '--quiet', '--input', image]);
  if (loaded.code !== 0) throw new Error(loaded.stderr);
  return {
    ...daemon,
    docker: (args) => call(['run', '--rm', ...args]),
    stop: async () => {
      await daemon.stop();
      await rm(config, { recursive: true });
    },
  };
}
