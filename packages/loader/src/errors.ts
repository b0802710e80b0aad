/** What an error of this package says beside its message. */
export interface ErrorDetails {
  /** What to do about it, in one sentence. */
  hint?: string;
  /** Negative errno of the kernel, e.g. -1 for EPERM. */
  errno?: number;
  /** The verifier's whole log. */
  log?: string;
  cause?: unknown;
}

/**
 * Base of the errors of this package. Recognise one by `code` (docs/errors.md lists them), not by
 * class: two copies of a package have two classes.
 */
export class LoaderError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly errno: number | undefined;
  readonly log: string | undefined;
  /** What a command that ends with this error should exit with: 1 failed, 2 usage, 3 this machine cannot. */
  readonly exitCode: number = 1;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
    this.errno = details.errno;
    this.log = details.log;
  }
}

/** One alternative that was tried, and why it could not be used. */
export interface Rejection {
  readonly name: string;
  readonly why: string;
}

/** This kernel cannot do it, whoever asks. */
export class UnsupportedError extends LoaderError {
  override readonly exitCode = 3;
  /** What is lacking, e.g. `hook for mkdir` or `BTF`. */
  readonly feature: string;
  /** First Linux release that has it, e.g. `5.8`, where that is known. */
  readonly since: string | undefined;
  /** What was tried in its place, in order. */
  readonly tried: readonly Rejection[];

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { feature: string; since?: string; tried?: readonly Rejection[] },
  ) {
    super(code, message, details);
    this.feature = details.feature;
    this.since = details.since;
    this.tried = details.tried ?? [];
  }
}

/** This process may not do it; another one on the same machine may. */
export class PermissionError extends LoaderError {
  override readonly exitCode = 3;
  /** The capabilities that are missing, e.g. `CAP_BPF`. */
  readonly capabilities: readonly string[];

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { capabilities: readonly string[] },
  ) {
    super(code, message, details);
    this.capabilities = details.capabilities;
  }
}

/** A record or a struct is not what the reader was made for. */
export class DecodeError extends LoaderError {}

/** What was asked for does not exist or does not go together. */
export class UsageError extends LoaderError {
  override readonly exitCode = 2;
}
