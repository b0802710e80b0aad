/** An error that a user can do something about: `code` is stable and listed in docs/errors.md. */
export class OutputError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
  }
}

/** The command line cannot be meant as it is written. Exit code 2. */
export class UsageError extends OutputError {}

/** The name of the errno behind a failed call of node:fs, or the message if it has none. */
export function cause(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
