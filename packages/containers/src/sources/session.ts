import type { Runtime } from '../container.js';

/** A live connection to one runtime. */
export interface Session {
  readonly runtime: Runtime;
  readonly version: string | null;
  /** Keys of all containers that the runtime knew when we connected; rejects when it would not say. */
  readonly listed: Promise<ReadonlySet<string>>;
  /** Settles when the connection is lost or closed. */
  readonly closed: Promise<void>;
  close(): void;
}
