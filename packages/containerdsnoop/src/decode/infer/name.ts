import type { Outcome } from '../grpc/headers.js';
import type { Label } from '../message.js';
import type { Method } from '../schema/schema.js';

/** Which method one call belongs to, as its messages come by. */
export interface CallName {
  /** As of now. */
  label(): Label;
  /** Description of the method, once it is known which. */
  method(): Method | undefined;
  /** A message of the request, whole or only its beginning. */
  request(bytes: Uint8Array, whole: boolean): void;
  response(bytes: Uint8Array, whole: boolean): void;
  /**
   * The call is over.
   *
   * @param seenWhole whether nothing of it was missed
   */
  end(outcome: Outcome, seenWhole: boolean): void;
}
