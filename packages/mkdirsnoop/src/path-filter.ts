import type { ByteRun, Cursor } from '@imagesnoop/loader';
import type { EventPaths } from './paths.js';

/**
 * `--path`: whether the path matches the glob, as the caller or as the host sees it.
 *
 * The one filter that is not decided in the kernel: what it compares is put together here.
 *
 * @returns undefined without a glob
 */
export async function pathFilter(
  glob: string | undefined,
  paths: Pick<EventPaths, 'path' | 'hostPath'>,
): Promise<((at: Cursor) => boolean) | undefined> {
  if (glob === undefined) return undefined;
  const { default: picomatch } = await import('picomatch');
  const matches = picomatch(glob, { dot: true });
  const fits = ({ u8, start, end }: ByteRun): boolean =>
    start >= 0 && matches(Buffer.from(u8.buffer, u8.byteOffset + start, end - start).toString());
  return (at) => fits(paths.path(at)) || fits(paths.hostPath(at));
}
