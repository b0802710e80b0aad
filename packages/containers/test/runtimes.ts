/**
 * Real container runtimes for tests: daemons of our own on private sockets and directories, with
 * an image made of busybox-static. For root, on a machine with the packages of
 * tools/setup/packages-test.txt. Everything started here is stopped, and everything written is
 * removed, by the `stop()` of what each function returns.
 *
 * ```ts
 * const runtime = await startContainerd();
 * const containers = await Containers.open({
 *   sockets: [{ kind: 'containerd', path: runtime.socket }],
 *   stateDirs: [],
 * });
 * const { pid } = await runtime.run('web');
 * await runtime.exec('web', ['mkdir', '/tmp/a']);
 * await runtime.stop();
 * ```
 */
export { startContainerd, type TestContainerd } from './runtimes/containerd.js';
export { startDockerd, type TestDockerd } from './runtimes/dockerd.js';
export { containerdOf } from './runtimes/newer.js';
export { startPodman, type TestPodman } from './runtimes/podman.js';
export {
  ended,
  IDLE,
  missing,
  type StartOptions,
  type TestContainer,
  unique,
} from './runtimes/process.js';
export { type RuncContainer, type RuncOptions, runcContainer } from './runtimes/runc.js';
