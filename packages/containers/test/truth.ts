/** What the kernel says of a process, read independently of the code under test. */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { type ContainerInfo, Containers } from '../src/index.js';

export function truth(pid: number): { mntns: number; cgroupId: bigint } {
  const [, mntns] = /^mnt:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/mnt`)) ?? [];
  const [, path] = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? [];
  const mounts = readFileSync('/proc/mounts', 'utf8');
  const [, root] = /^\S+ (\S+) cgroup2 /m.exec(mounts) ?? [];
  const { ino } = statSync(`${root}${path}`, { bigint: true });
  return { mntns: Number(mntns), cgroupId: ino };
}

/** Inode of our own mount namespace: a process with this one is in no container. */
export const HOST_MNTNS: number = truth(process.pid).mntns;

/** Those that run without the others of this machine, which their cgroups' names tell of. */
export async function ours(containers: Containers): Promise<ContainerInfo[]> {
  const blind = await Containers.open({ sockets: [], stateDirs: [] });
  await blind.ready;
  const others = new Set(blind.list().map(({ id }) => id));
  blind.close();
  return containers.list().filter(({ id }) => !others.has(id));
}
