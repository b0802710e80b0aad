import { existsSync } from 'node:fs';
import { Attacher } from './attach.js';
import { CgroupTree } from './cgroups.js';
import { reason } from './errors.js';
import { Inventory } from './inventory.js';
import { DEFAULT_SOCKETS, openSession, type RuntimeSocket } from './sockets.js';

/** One runtime of this machine, for a report on what the machine can do. */
export interface DetectedRuntime {
  /** The protocol that was tried. */
  readonly kind: RuntimeSocket['kind'];
  readonly socket: string;
  readonly reachable: boolean;
  /** As the runtime calls its version; null when it was not reached. */
  readonly version: string | null;
  /** Containers that run in it now; null when it was not reached. */
  readonly running: number | null;
  /** Why it was not reached, else null. */
  readonly why: string | null;
}

/**
 * Asks each runtime whose socket exists who it is. Takes as long as the slowest, at most about
 * ten seconds when one hangs. Never throws.
 *
 * ```ts
 * for (const { kind, socket, version, why } of await detect()) console.log(kind, socket, version ?? why);
 * ```
 */
export async function detect(
  sockets: readonly RuntimeSocket[] = DEFAULT_SOCKETS,
): Promise<DetectedRuntime[]> {
  return Promise.all(sockets.filter(({ path }) => existsSync(path)).map(ask));
}

async function ask(socket: RuntimeSocket): Promise<DetectedRuntime> {
  const { kind, path } = socket;
  const inventory = new Inventory();
  const attacher = new Attacher(inventory, CgroupTree.system());
  try {
    const session = await openSession({ inventory, attacher, note: () => {} }, socket);
    try {
      await session.listed;
      const running = [...inventory.entries()].filter((entry) => entry.process !== null).length;
      const { version } = session;
      return { kind, socket: path, reachable: true, version, running, why: null };
    } finally {
      session.close();
    }
  } catch (error) {
    const why = reason(error);
    return { kind, socket: path, reachable: false, version: null, running: null, why };
  }
}
