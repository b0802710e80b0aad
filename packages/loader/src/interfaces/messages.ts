import type { InterfacePlan } from './attacher.js';
import type { AttachedInterface } from './namespace.js';

/** What the process that attaches begins with. It reads this as JSON from its stdin. */
export interface Beginning {
  readonly plan: InterfacePlan;
  /** Network namespaces. */
  readonly paths: readonly string[];
  /** Interfaces that the tool has attached to and released. */
  readonly held: readonly AttachedInterface[];
}

/** What the tool asks of it later: `InterfaceAttacher.follow()`. */
export interface Request {
  readonly paths: readonly string[];
}

/** What that process answers. */
export type Answer =
  | { readonly type: 'attached'; readonly interface: AttachedInterface }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'gone'; readonly path: string }
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
