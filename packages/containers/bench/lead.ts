/**
 * How long before the first program of a new container acts its keys are reported. The program
 * makes a directory, whose time the kernel notes (in steps of a clock tick, 1 to 10 ms, rounded
 * down: the true lead is up to one tick longer).
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Containers, type ContainersOptions } from '../src/index.js';
import {
  runcContainer,
  startContainerd,
  startDockerd,
  startPodman,
  type TestContainer,
} from '../test/runtimes.js';
import { Watch } from '../test/watch.js';

const STARTS = 7;
const command = ['/bin/sh', '-c', 'mkdir /acted; while :; do sleep 1000; done'];

type Start = (name: string) => Promise<TestContainer & { remove(): Promise<unknown> }>;

async function report(what: string, options: ContainersOptions, start: Start): Promise<void> {
  const containers = await Containers.open(options);
  const leads: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const name = `lead-${process.pid}-${i}`;
    const watch = await Watch.of(containers, { containers: [name] });
    const { pid, remove } = await start(name);
    const { at } = await watch.added();
    leads.push((await acted(pid)) - at);
    await remove();
  }
  containers.close();
  leads.sort((a, b) => a - b);
  const [low, middle, high] = [0, STARTS >> 1, STARTS - 1].map((i) =>
    leads[i]?.toFixed(0).padStart(4),
  );
  console.log(
    `${what.padEnd(34)} ${low} ${middle} ${high} ms (lowest, median, highest of ${STARTS})`,
  );
}

async function acted(pid: number): Promise<number> {
  for (;;) {
    const stat = statSync(`/proc/${pid}/root/acted`, { throwIfNoEntry: false });
    if (stat !== undefined) return stat.mtimeMs;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const runcDir = await runcContainer();
await report(
  'runc: its state directory',
  { sockets: [], stateDirs: [{ path: runcDir.stateDir, runtime: 'runc', namespaced: false }] },
  async (id) => {
    const container = await runcContainer({ id, command, stateDir: runcDir.stateDir });
    return { ...container, remove: container.stop };
  },
);
await runcDir.stop();

const containerd = await startContainerd();
const byContainerd: Start = async (name) => ({
  ...(await containerd.run(name, { command })),
  remove: () => containerd.remove(name),
});
const containerdSocket = { kind: 'containerd', path: containerd.socket } as const;
const containerdState = {
  path: dirname(containerd.stateDir),
  runtime: 'containerd',
  namespaced: true,
} as const;
await report('containerd: socket', { sockets: [containerdSocket], stateDirs: [] }, byContainerd);
await report(
  'containerd: socket and state',
  { sockets: [containerdSocket], stateDirs: [containerdState] },
  byContainerd,
);
await containerd.stop();

const docker = await startDockerd();
const byDocker: Start = async (name) => ({
  ...(await docker.run(name, { command })),
  remove: () => docker.remove(name),
});
const dockerSocket = { kind: 'docker', path: docker.socket } as const;
const itsContainerd = { kind: 'containerd', path: docker.containerdSocket } as const;
const dockerState = { path: docker.stateDir, runtime: 'docker', namespaced: true } as const;
await report('Docker: socket', { sockets: [dockerSocket], stateDirs: [] }, byDocker);
await report(
  "Docker: socket and containerd's",
  { sockets: [dockerSocket, itsContainerd], stateDirs: [] },
  byDocker,
);
await report(
  'Docker: socket and state',
  { sockets: [dockerSocket], stateDirs: [dockerState] },
  byDocker,
);
await docker.stop();

const podman = await startPodman();
const byPodman: Start = async (name) => ({
  ...(await podman.run(name, { command })),
  remove: () => podman.remove(name),
});
const podmanState = { path: podman.stateDir, runtime: 'runc', namespaced: false } as const;
await report('Podman: state and store', { sockets: [], stateDirs: [podmanState] }, byPodman);
await podman.serve();
const podmanSocket = { kind: 'podman', path: podman.socket } as const;
await report('Podman: socket', { sockets: [podmanSocket], stateDirs: [] }, byPodman);
await podman.stop();
