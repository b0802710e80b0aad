import type { Attacher } from '../attach.js';
import type { Inventory } from '../inventory.js';

/** What every source of knowledge gets: where to put it. */
export interface SourceContext {
  readonly inventory: Inventory;
  readonly attacher: Attacher;
  /** Tells the user what this source could not do, once per distinct text. */
  note(text: string): void;
}

/** A place to learn of containers from. Sources never throw; they note. */
export interface Source {
  /** Settles, always successfully, once all containers that existed at the start are known. */
  readonly ready: Promise<void>;
  close(): void;
}
