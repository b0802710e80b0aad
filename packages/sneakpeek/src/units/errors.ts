/** A service of systemd cannot be made or removed. */
export class UnitError extends Error {
  override readonly name = 'UnitError';
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}
