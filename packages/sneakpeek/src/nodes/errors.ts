/** Another node, or the cluster, cannot be asked. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}
