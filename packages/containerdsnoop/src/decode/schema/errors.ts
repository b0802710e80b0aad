import { OutputError } from '@imagesnoop/output';

/** A schema that cannot be had from where it was asked for. */
export class SchemaError extends OutputError {}

/** `SCHEMA_UNREADABLE`, unless the failure already says what it is. */
export function cannotRead(path: string, error: unknown): SchemaError {
  if (error instanceof SchemaError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code ?? message;
  const denied = code === 'EACCES' || code === 'EPERM';
  return new SchemaError(
    'SCHEMA_UNREADABLE',
    `cannot read ${path}: ${why}`,
    denied ? 'Run as root.' : 'Give the path of an existing file.',
    { cause: error },
  );
}
