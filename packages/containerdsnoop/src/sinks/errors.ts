import { OutputError } from '@imagesnoop/output';

/** A file that cannot be written or read as asked. */
export class SinkError extends OutputError {}

export function openFailed(path: string, error: unknown): SinkError {
  return new SinkError(
    'CAPTURE_FILE_OPEN_FAILED',
    `cannot open ${path}: ${reason(error)}`,
    'Name a regular file that this user may use, in a folder that exists.',
    { cause: error },
  );
}

export function writeFailed(path: string, error: unknown): SinkError {
  return new SinkError(
    'CAPTURE_FILE_WRITE_FAILED',
    `cannot write ${path}: ${reason(error)}`,
    'What was written before is whole. Make room, or write elsewhere.',
    { cause: error },
  );
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
