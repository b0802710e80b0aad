/** What an event pays for its container: nanoseconds per call, best of five short runs. */
import { Containers } from '../src/index.js';
import { runcContainer } from '../test/runtimes.js';
import { HOST_MNTNS, truth } from '../test/truth.js';

const CALLS = 300_000;

const container = await runcContainer();
const containers = await Containers.open({
  sockets: [],
  stateDirs: [{ path: container.stateDir, runtime: 'runc', namespaced: false }],
});
await containers.ready;
const inside = truth(container.pid);
const outside = truth(process.pid);

let sink: unknown;
function report(what: string, call: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) sink = call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / CALLS);
  }
  console.log(`${what.padEnd(44)} ${best.toFixed(0).padStart(5)} ns`);
}

containers.lookup(outside.mntns, outside.cgroupId);
await new Promise((resolve) => setTimeout(resolve, 100)); // the first answer is looked for once
report('lookup, in a container, by cgroup', () => containers.lookup(1, inside.cgroupId));
report('lookup, the same with the id as a number', () =>
  containers.lookup(1, Number(inside.cgroupId)),
);
report('lookup, in a container, by mount namespace', () => containers.lookup(inside.mntns, 1));
report('lookup, in none', () => containers.lookup(HOST_MNTNS, outside.cgroupId));
report('json, in a container', () => containers.json(inside.mntns, inside.cgroupId));
report('json, in none', () => containers.json(HOST_MNTNS, outside.cgroupId));

containers.close();
await container.stop();
if (sink === 0) console.log(); // keeps the calls
