/** An error that a user can do something about; recognise it by `code`, which docs/errors.md lists. */
export class SneakpeekError extends Error {
  override readonly name = 'SneakpeekError';
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}
