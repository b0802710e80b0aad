/**
 * What can go wrong when containers are asked for by name. Runtimes that do not answer are not
 * errors: they are notes (`Containers.notes()`), because events must flow without them.
 */
export type ContainersErrorCode =
  | 'CONTAINER_NOT_FOUND'
  | 'CONTAINER_AMBIGUOUS'
  | 'CONTAINER_UNSEEN'
  | 'CONTAINER_SELECTOR_INVALID'
  | 'CONTAINERS_CLOSED'
  | 'ROOT_UNKNOWN'
  | 'IMAGE_UNKNOWN'
  | 'RUNTIME_CALL_FAILED';

/** Recognise it by `code`, not by `instanceof`: two copies of this package may be loaded. */
export class ContainersError extends Error {
  override readonly name = 'ContainersError';
  readonly code: ContainersErrorCode;
  /** What the user can do about it. */
  readonly hint: string;
  /** Negative number of the system's error, e.g. -13 for EACCES, when there was one. */
  readonly errno?: number;
  /** What a command that ends with this error should exit with: 1 failed, 2 usage. */
  readonly exitCode: number;

  constructor(
    code: ContainersErrorCode,
    message: string,
    { hint, cause }: { hint: string; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.exitCode = code === 'CONTAINER_SELECTOR_INVALID' ? 2 : 1;
    const errno = (cause as { errno?: unknown } | undefined)?.errno;
    if (typeof errno === 'number') this.errno = errno;
  }
}

/** One line on why something failed, for notes and `detect()`. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
