import { SneakpeekError } from '../errors.js';
import { type BytePath, toText } from './byte-path.js';

/**
 * A file of a container that cannot be looked at.
 *
 * @param doing as in "cannot DOING PATH: EACCES"
 */
export function unreadable(doing: string, path: BytePath, cause: unknown): SneakpeekError {
  const { code, message, errno } = cause as NodeJS.ErrnoException;
  const why = code?.startsWith('BPF_') ? `errno ${errno}` : (code ?? message);
  const denied = why === 'EACCES' || why === 'EPERM' || errno === 13;
  return new SneakpeekError(
    'FILES_UNREADABLE',
    `cannot ${doing} ${toText(path)}: ${why}`,
    denied ? 'Files of containers can be read by root only: try sudo.' : '',
    cause,
  );
}
