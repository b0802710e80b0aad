import type { InterfacePlan } from './attacher.js';
import type { AttachedInterface } from './namespace.js';

/** What the tool asks of the process that attaches. */
export type Request =
  | { readonly type: 'begin'; readonly plan: InterfacePlan; readonly paths: readonly string[] }
  | { readonly type: 'follow'; readonly paths: readonly string[] };

/** What that process answers. */
export type Answer =
  | { readonly type: 'attached'; readonly interface: AttachedInterface }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: Failure };

/** An error on its way between processes. */
export interface Failure {
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
  readonly exitCode?: number | undefined;
}

export function failureOf(error: unknown): Failure {
  const { message, code, hint, exitCode } = error as Failure;
  return { message, code, hint, exitCode };
}

export function errorOf({ message, ...rest }: Failure): Error {
  return Object.assign(new Error(message), rest);
}
