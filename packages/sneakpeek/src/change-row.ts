import { decodeText } from '@imagesnoop/output';
import type { BytePath } from './files/byte-path.js';
import { type Change, KINDS, type Kind } from './files/changes.js';

/** A change, and whose it is: what a row of the list shows. */
export interface ChangeRow {
  readonly change: Change['change'];
  readonly path: BytePath;
  readonly kind: Kind;
  readonly size: number;
  /** Permissions, without the kind. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  /** JSON values of the fields `container` and `k8s`. */
  readonly container: Uint8Array;
  readonly k8s: Uint8Array;
  /** Where the file is mounted on its host; null when it is not. */
  readonly hostPath: BytePath | null;
  /** Address of the node; null for this machine, when no other was asked. */
  readonly node: string | null;
}

/** Whose change it is. */
type Whose = Pick<ChangeRow, 'container' | 'k8s' | 'node'>;

/** @param merged where the container is mounted */
export function rowOf(
  { change, path, kind, stat }: Change,
  whose: Whose,
  merged: BytePath | null,
): ChangeRow {
  return {
    ...{ change, path, kind, mtimeNs: stat.mtimeNs, ...whose },
    size: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    hostPath: merged === null ? null : merged + path,
  };
}

/**
 * The row behind a line that sneakpeek wrote on another node. What is not as it should be makes null:
 * a node is believed no more than a container.
 */
export function rowFromJson(
  event: Readonly<Record<string, unknown>>,
  node: string,
): ChangeRow | null {
  const { change, kind, path, host_path: hostPath } = event;
  const kinds: readonly unknown[] = KINDS;
  if (typeof change !== 'string' || !/^[ACD]$/.test(change) || !kinds.includes(kind)) return null;
  if (typeof path !== 'string') return null;
  const bytes = (text: string): BytePath => decodeText(text).toString('latin1');
  const count = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);
  const json = (value: unknown) => Buffer.from(JSON.stringify(value ?? null));
  return {
    ...{ change: change as Change['change'], kind: kind as Kind, path: bytes(path), node },
    ...{ size: count(event.size), mode: count(event.mode) & 0o7777 },
    ...{ uid: count(event.uid), gid: count(event.gid), mtimeNs: nanoseconds(event.mtime) },
    ...{ container: json(event.container), k8s: json(event.k8s) },
    hostPath: typeof hostPath === 'string' ? bytes(hostPath) : null,
  };
}

function nanoseconds(time: unknown): bigint {
  const [, seconds = '', fraction = ''] = /^(.{19})\.(\d{9})Z$/.exec(String(time)) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n + BigInt(fraction);
}
