import { LoaderError } from '@imagesnoop/loader';

/** What was asked for cannot be meant so. */
export class UsageError extends LoaderError {
  override readonly exitCode = 2;

  constructor(code: string, message: string, hint: string) {
    super(code, message, { hint });
  }
}

/** A daemon that is to be traced is not there. */
export class DaemonError extends LoaderError {
  override readonly exitCode = 3;

  constructor(code: string, message: string, hint: string) {
    super(code, message, { hint });
  }
}
