import { type BytePath, toText } from './byte-path.js';

/** A file of a container that cannot be looked at. */
export class FilesError extends Error {
  override readonly name = 'FilesError';
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }

  /** @param doing as in "cannot DOING PATH: EACCES" */
  static of(doing: string, path: BytePath, cause: unknown): FilesError {
    const { code, message, errno } = cause as NodeJS.ErrnoException;
    const why = code?.startsWith('BPF_') ? `errno ${errno}` : (code ?? message);
    const denied = why === 'EACCES' || why === 'EPERM' || errno === 13;
    return new FilesError(
      'FILES_UNREADABLE',
      `cannot ${doing} ${toText(path)}: ${why}`,
      denied ? 'Files of containers can be read by root only: try sudo.' : '',
      cause,
    );
  }
}
