import { readdirSync, readFileSync } from 'node:fs';
import {
  type Link,
  type LoadedProgram,
  removeTcFilter,
  type TcFilterInfo,
  type TcPlace,
  tcFilters,
} from '@imagesnoop/bpf-core';

/**
 * What marks a filter as ours: the handle's upper byte, and the process that attached it below, so
 * that several tools at once do not take each other's filters for left-overs. The last bit of that
 * byte says that clsact is ours as well.
 */
const MARK = 0x7c00_0000;
const QDISC_IS_OURS = 0x0100_0000;
const PID_MASK = 0x003f_ffff;

/** Lower runs first, and a filter of others may end the chain. One of them may also have taken a
 * priority for another kind of filter. */
const PRIORITIES = [1, 2, 3, 4, 5, 6, 7, 8];

export const DIRECTIONS = ['ingress', 'egress'] as const;

/** @throws BpfError BPF_ATTACH_FAILED when no priority is to be had */
export function attachClsact(
  program: LoadedProgram,
  ifindex: number,
  direction: TcPlace['direction'],
): Link {
  const handle = MARK | (process.pid & PID_MASK);
  let failure: unknown;
  for (const priority of PRIORITIES) {
    const place = { ifindex, direction, handle, priority, handleOfOurs: handle | QDISC_IS_OURS };
    try {
      return program.attachTc(place);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** A link to the filter of this program that another process has attached. */
export function adoptClsact(
  program: LoadedProgram,
  ifindex: number,
  direction: TcPlace['direction'],
): Link {
  const own = tcFilters(ifindex, direction).find(({ programId }) => programId === program.id);
  const { handle = MARK, priority = 1 } = own ?? {};
  const handleOfOurs = handle | QDISC_IS_OURS;
  return program.adoptTc({ ifindex, direction, handle, priority, handleOfOurs });
}

/**
 * Removes filters that a killed process left behind: of our mark, with our programs, and without
 * anybody who holds the program.
 */
export function removeLeftOvers(ifindex: number, prefix: string): number {
  let removed = 0;
  for (const direction of DIRECTIONS) {
    for (const filter of tcFilters(ifindex, direction)) {
      if (!isLeftOver(filter, prefix)) continue;
      const { handle, priority, name } = filter;
      const qdisc = (handle & QDISC_IS_OURS) !== 0;
      if (removeTcFilter({ ifindex, direction, handle, priority }, name, qdisc)) removed++;
    }
  }
  return removed;
}

function isLeftOver({ handle, programId, name }: TcFilterInfo, prefix: string): boolean {
  const marked = (handle & ~PID_MASK & ~QDISC_IS_OURS) === MARK;
  return marked && name.startsWith(prefix) && !holds(handle & PID_MASK, programId);
}

/** Does a process hold a program? A number of a process may have been given again. */
function holds(pid: number, programId: number): boolean {
  const folder = `/proc/${pid}/fdinfo`;
  try {
    return readdirSync(folder).some((fd) =>
      new RegExp(`^prog_id:\\s+${programId}$`, 'm').test(readQuietly(`${folder}/${fd}`)),
    );
  } catch {
    return false;
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
