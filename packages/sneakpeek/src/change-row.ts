import type { Change } from './files/changes.js';

/** A change, and whose it is. */
export interface ChangeRow extends Change {
  /** JSON values of the fields `container` and `k8s`. */
  readonly container: Uint8Array;
  readonly k8s: Uint8Array;
  /** Where the container's tree is mounted on its host; null when it is not. */
  readonly merged: string | null;
  /** Name of the node; null for this machine, when no other was asked. */
  readonly node: string | null;
}
