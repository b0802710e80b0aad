// One guest from start to end: shares the root, boots the kernel, carries output and signals, and
// decides how it ended. The emulator's own exit status says nothing (a panic ends it with 0):
// only the guest's word on the control port counts.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from './base.mjs';
import { firstCry, lastWords } from './console.mjs';
import { privateTool } from './emulator.mjs';
import { shareRoot } from './share.mjs';
import { spawnBound } from './spawn.mjs';

/** Time for the kernel and our init: a quiet machine needs 4 s, one with ten other jobs 40 s. */
const BOOT_MS = 150_000;
/** Time after the guest's own limit for it to report that. */
const GRACE_MS = 30_000;

const PORTS = ['control', 'out', 'err', 'files'];

const MACHINES = {
  // Kernels have as many return probes as there may be processors: room for many calls at once.
  amd64: {
    program: 'qemu-system-x86_64',
    machine: ['-cpu', 'max'],
    maxcpus: 32,
    console: 'ttyS0',
  },
  arm64: {
    program: 'qemu-system-aarch64',
    machine: ['-M', 'virt', '-cpu', 'neoverse-n1'],
    console: 'ttyAMA0',
  },
};

/**
 * Boots a kernel and runs one job in it.
 *
 * @param {object} wish
 * @param {{ arch: string, vmlinuz: string }} wish.kernel
 * @param {Uint8Array} wish.initrd job and initrd
 * @param {{ root: string, binds?: readonly string[] }} wish.share host directory that becomes /
 * @param {string} [wish.append] more kernel parameters
 * @param {number} [wish.memory] MiB
 * @param {number} [wish.cpus]
 * @param {number} wish.seconds limit of the command, enforced inside; the host waits a little longer
 * @param {number} [wish.graceMs] how much
 * @param {(bytes: Buffer) => void} wish.stdout
 * @param {(bytes: Buffer) => void} wish.stderr
 * @param {AbortSignal} [wish.signal] ends the machine at once
 * @param {(send: (name: string) => void) => void} [wish.onStart] gets a way to send signals inside
 * @returns {Promise<Outcome>}
 *
 * @typedef {object} Outcome
 * @property {number | null} status the command's, or null when the machine never said
 * @property {'done' | 'boot' | 'died' | 'hung' | 'aborted'} how `boot`: it ended before the job
 * @property {string[]} words the console's last lines
 * @property {string} [cry] the first line of an oops or panic
 * @property {Buffer} files a tar of what the command left in /job/out, with dmesg.txt
 * @property {number} bootMs from start to the job's start
 * @property {number} totalMs
 */
export async function boot(wish) {
  const started = Date.now();
  const directory = mkdtempSync(join(tmpdir(), 'kernels-'));
  const children = [];
  try {
    const share = await shareRoot({ ...wish.share, socket: join(directory, 'share.sock') });
    children.push(share);
    const qemu = start(wish, directory);
    children.push(qemu);
    return await watch(wish, qemu, directory, started);
  } finally {
    await Promise.all(children.map(end));
    rmSync(directory, { recursive: true, force: true });
  }
}

function start({ kernel, initrd, append = '', memory = 1024, cpus = 2 }, directory) {
  const { program, machine, maxcpus = 1, console } = MACHINES[kernel.arch];
  const processors = `cpus=${cpus},maxcpus=${Math.max(cpus, maxcpus)}`;
  const tool = privateTool(program);
  const initial = join(directory, 'initrd');
  writeFileSync(initial, initrd);
  // Without AppArmor: dockerd insists on its user-space half where a kernel has it, and the root,
  // which is this machine's, may lack that.
  const parameters = `console=${console} quiet panic=-1 oops=panic apparmor=0 ${append}`.trim();
  const args = [
    ...tool.args,
    ...['-accel', 'tcg,thread=multi', ...machine, '-smp', processors, '-m', String(memory)],
    ...['-object', `memory-backend-memfd,id=memory,size=${memory}M,share=on`],
    ...['-numa', 'node,memdev=memory'],
    ...['-nodefaults', '-nographic', '-no-reboot', '-nic', 'none'],
    ...['-serial', `file:${directory}/console`],
    ...['-kernel', kernel.vmlinuz, '-initrd', initial, '-append', parameters],
    ...['-chardev', `socket,id=share,path=${directory}/share.sock`],
    ...['-device', 'vhost-user-fs-pci,chardev=share,tag=share'],
    ...['-device', 'virtio-serial-pci'],
    ...PORTS.flatMap((name) => [
      ...['-chardev', `socket,id=${name},path=${directory}/${name}.sock,server=on,wait=off`],
      ...['-device', `virtserialport,chardev=${name},name=${name}`],
    ]),
  ];
  return spawnBound(tool.path, args, tool.env);
}

async function watch(wish, qemu, directory, started) {
  const { graceMs = GRACE_MS } = wish;
  const said = [];
  qemu.stderr.on('data', (bytes) => said.push(bytes));
  const outcome = { status: null, how: 'boot', files: Buffer.alloc(0), bootMs: 0 };
  const files = [];
  const exited = once(qemu, 'exit');
  qemu.on('error', () => {});
  const stop = (how) => () => {
    outcome.stopped = how;
    kill(qemu);
  };
  let timer;
  const limit = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(stop('hung'), ms);
  };
  limit(BOOT_MS);
  wish.signal?.addEventListener('abort', stop('aborted'), { once: true });
  if (wish.signal?.aborted) stop('aborted')();

  const result = () => {
    clearTimeout(timer);
    const path = join(directory, 'console');
    const spoken = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const words = lastWords(Buffer.concat([...said, Buffer.from('\n'), spoken]));
    const cry = firstCry(spoken);
    if (outcome.stopped && outcome.how !== 'done') {
      outcome.phase = outcome.how;
      outcome.how = outcome.stopped;
    }
    return { ...outcome, words, cry, files: Buffer.concat(files), totalMs: Date.now() - started };
  };

  let sockets;
  try {
    sockets = await Promise.all(PORTS.map((name) => open(join(directory, `${name}.sock`), qemu)));
  } catch (error) {
    clearTimeout(timer);
    if (outcome.stopped) return result(); // it was ended before it could start
    throw error;
  }
  const [control, out, err, file] = sockets;
  const ended = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  out.on('data', wish.stdout);
  err.on('data', wish.stderr);
  file.on('data', (bytes) => files.push(bytes));
  lines(control, (line) => {
    const [verb, ...rest] = line.split(' ');
    if (verb === 'booted') {
      outcome.how = 'died';
      outcome.bootMs = Date.now() - started;
      outcome.release = rest[0];
      limit(wish.seconds * 1000 + graceMs);
    } else if (verb === 'exit') {
      outcome.how = 'done';
      outcome.status = Number(rest[0]);
      limit(graceMs);
    } else if (verb === 'failed') {
      outcome.reason = rest.join(' ');
    }
  });
  wish.onStart?.((name) => control.write(`${name}\n`));
  await Promise.all([exited, ...ended]);
  return result();
}

/** Connects to a port of the emulator, which makes its sockets a moment after it starts. */
async function open(path, qemu) {
  while (qemu.exitCode === null && qemu.signalCode === null) {
    const socket = connect(path);
    const opened = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    if (opened) return socket.on('error', () => {});
    await delay(20);
  }
  throw fail(
    'KERNELS_EMULATOR_FAILED',
    'The emulator ended before the machine started',
    await hint(qemu),
  );
}

async function hint(qemu) {
  const rest = qemu.stderr.read()?.toString() ?? '';
  return rest.trim() || 'It said nothing.';
}

function lines(socket, each) {
  let rest = '';
  socket.on('data', (bytes) => {
    const parts = (rest + bytes).split('\n');
    rest = parts.pop();
    for (const line of parts) each(line.trim());
  });
}

/** The emulator and the share have process groups of their own: Ctrl-C reaches only us. */
function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  kill(child);
  await gone;
}
