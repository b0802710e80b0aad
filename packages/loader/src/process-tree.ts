// A process and all its descendants (bpf/include/process_tree.bpf.h): the kernel follows forks and
// exits; here are those added that were forked before that.
import { readdirSync, readFileSync } from 'node:fs';
import type { BpfMap } from '@imagesnoop/bpf-core';
import { LoaderError } from './errors.js';
import type { HookPlan } from './plan.js';

const PRESENT = Uint8Array.of(1);

/** What the filter `trees` needs beside a tool's own hooks. */
export const processTreeHooks: HookPlan = {
  'process tree': [{ name: 'raw_tp', programs: ['tree_fork', 'tree_exit'], selfTest: false }],
};

/** @throws LoaderError `PROCESS_MISSING` for a process that is not there */
export function checkProcesses(pids: Iterable<number>): void {
  for (const pid of pids) {
    if (parentOf(pid) !== undefined) continue;
    throw new LoaderError('PROCESS_MISSING', `there is no process ${pid}`, {
      hint: 'It has ended, or is one of a container: give the number that the host knows it by.',
    });
  }
}

/**
 * Adds to the tree what descends from its roots already. To be called when forks are followed: a
 * process that is missed here was forked by a member, or by one that the next look finds.
 */
export function completeTrees(members: BpfMap, roots: Iterable<number>): void {
  const known = new Set(roots);
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const [pid, parent] of parents()) {
      if (known.has(pid) || !known.has(parent)) continue;
      known.add(pid);
      members.update(key(pid), PRESENT);
      // Its exit may have come before it was a member, and its number may be given to others.
      if (parentOf(pid) === undefined) members.delete(key(pid));
    }
  }
}

function* parents(): Generator<[pid: number, parent: number]> {
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) yield [Number(name), parent];
  }
}

/** Field 4 of /proc/PID/stat, counted from behind the name; undefined when the process is gone. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function key(pid: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(pid).buffer);
}
