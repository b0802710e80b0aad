// The image in a real Docker engine: what each tool sees there with what tools/image/needs.mjs says it
// needs, and what is told when one thing is taken away. The default seccomp profile is in force.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { missing } from '../../../packages/containers/test/runtimes.js';
import { lacksBtf, lacksRoot, requireKernel } from '../../testing/kernel.js';
import { CAPABILITIES } from '../needs.mjs';
import { ensureDockerd } from '../programs.mjs';
import { type Engine, IMAGE, imageFile, type Outcome, startEngine } from './engine.js';

const lack =
  lacksRoot() ??
  lacksBtf() ??
  missing('dockerd', 'containerd', 'docker', 'runc') ??
  (existsSync('/usr/bin/buildah') ? null : 'needs buildah (tools/setup/packages-image.txt)');

/** Makes a directory that cannot be made, and calls a port where nobody listens. */
const WORK =
  'while :; do mkdir /one/of/many; nc 127.0.0.1 1; echo x > /tmp/written; sleep 0.1; done 2> /dev/null';
const TRACING = '--volume=/sys/kernel/tracing:/sys/kernel/tracing:ro';
const CGROUPS = '--volume=/sys/fs/cgroup:/sys/fs/cgroup:ro';

type Tool = keyof typeof CAPABILITIES;

const SOCKET = '/run/docker.sock';
/** Longer than any of these takes; a tool that sees nothing ends, too. */
const PATIENCE_S = 20;

/** What each tool is asked for; all but containerdsnoop about the container `web`. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  tcpconnect: ['tcpconnect', '--container=web'],
  tcpflow: ['tcpflow', '--events', '--container=web'],
  mkdirsnoop: ['mkdirsnoop', '--container=web'],
  execsnoop: ['execsnoop', '--container=web'],
  sneakpeek: ['sneakpeek', 'fswatch', '--container=web'],
  'tc-tracker': ['tc-tracker', '--interface=lo', '--container=web'],
};
const TRACERS = Object.entries(ASKED) as [Tool, readonly string[]][];

let folder: string | undefined;
let image = '';
let engine: Engine;

beforeAll(async () => {
  if (lack !== null) return;
  ({ folder, path: image } = await imageFile());
  engine = await startEngine(image, ensureDockerd());
  await engine.run('web', { command: ['/bin/sh', '-c', WORK] });
});

afterAll(async () => {
  await engine?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

beforeEach((context) => requireKernel(context, lack));

/** All that a tool needs besides capabilities. */
const surroundings = () => ['--pid=host', TRACING, CGROUPS, `--volume=${engine.socket}:${SOCKET}`];

const without = (tool: Tool, name: string) => CAPABILITIES[tool].filter((each) => each !== name);

/** A tool in a container that has nothing but what is listed; in the network of `web`. */
function start(
  capabilities: readonly string[],
  flags: readonly string[],
  args: readonly string[],
): Promise<Outcome> {
  const fixed = ['--network=container:web', '--read-only', '--cap-drop=ALL'];
  const added = capabilities.map((name) => `--cap-add=${name}`);
  const limits = ['--output=json', '--max-events=1', `--duration=${PATIENCE_S}`];
  return engine.docker([...fixed, ...added, ...flags, IMAGE, ...args, ...limits]);
}

const events = ({ stdout }: Outcome) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type !== 'summary');

const WEB = expect.objectContaining({ name: 'web', image: 'busybox:test', runtime: 'docker' });

describe('with what it needs', () => {
  test.concurrent.each(TRACERS)('%s sees another container', async (tool, args) => {
    const outcome = await start(CAPABILITIES[tool], surroundings(), args);
    expect(outcome.stderr).toMatch(/^1 events?, 0 lost/m);
    expect(events(outcome)).toEqual([expect.objectContaining({ container: WEB })]);
    expect(outcome.code).toBe(0);
  });

  test.each(['host', 'private'])(
    'in a %s cgroup namespace it sees one that starts later',
    async (kind) => {
      const seen = start(
        CAPABILITIES.mkdirsnoop,
        [...surroundings(), `--cgroupns=${kind}`],
        ['mkdirsnoop', '--wait', `--container=late-${kind}`],
      );
      const work = { command: ['/bin/sh', '-c', WORK] };
      await engine.run(`late-${kind}`, work);
      expect(events(await seen)).toEqual([
        expect.objectContaining({
          container: expect.objectContaining({ name: `late-${kind}`, image: 'busybox:test' }),
        }),
      ]);
      await engine.remove(`late-${kind}`);
    },
  );

  test('containerdsnoop reads the schema of the daemon', async () => {
    const flags = [
      ...surroundings(),
      `--volume=${engine.containerdSocket}:${engine.containerdSocket}`,
    ];
    const args = ['containerdsnoop', '--verbose', '--address', engine.containerdSocket];
    const exec = setInterval(() => void engine.api('GET', '/version').catch(() => {}), 100);
    const outcome = await start(CAPABILITIES.containerdsnoop, flags, args);
    expect(outcome.stderr).toMatch(/schema: \d+ methods from containerd/);
    expect(events(outcome)).toHaveLength(1);
    const blind = await start(without('containerdsnoop', 'SYS_PTRACE'), flags, args);
    clearInterval(exec);
    expect(blind.stderr).toMatch(/schema: EACCES: .*\n.*schema: the one that comes with/);
  });

  test('sneakpeek lists changed files with SYS_ADMIN, and refuses to guess without', async (context) => {
    const info = (await engine.api('GET', '/info')) as { Driver: string; DockerRootDir: string };
    requireKernel(context, info.Driver === 'overlay2' ? null : 'needs overlayfs below /tmp');
    const storage = `--volume=${info.DockerRootDir}:${info.DockerRootDir}:ro`;
    const list = (...capabilities: string[]) =>
      engine.docker([
        ...['--read-only', '--cap-drop=ALL', ...capabilities, ...surroundings(), storage],
        ...[IMAGE, 'sneakpeek', 'files', 'web', '--chroot'],
      ]);
    expect((await list('--cap-add=SYS_ADMIN')).stdout).toContain(' /tmp/written\n');
    const refused = await list();
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('reading layers of overlayfs needs CAP_SYS_ADMIN');
  });

  test('there is nothing else in the image', async () => {
    const shell = await engine.docker(['--entrypoint=/bin/sh', IMAGE, '-c', 'true']);
    expect(shell.stderr).toContain('no such file or directory');
    expect((await engine.docker([IMAGE])).stdout).toContain('\n  tcpconnect ');
  });
});

describe('with one thing less', () => {
  const each = TRACERS.flatMap(([tool, args]) =>
    CAPABILITIES[tool].map((name) => [name, tool, args] as const),
  );
  test.concurrent.each(each)('%s is asked for by %s', async (name, tool, args) => {
    // With tcx, since Linux 6.6, SYS_ADMIN is enough; before, interfaces want NET_ADMIN.
    const old = name === 'NET_ADMIN' ? ['--hook=clsact'] : [];
    const instead = name === 'SYS_ADMIN' ? ['BPF', 'PERFMON'] : [];
    const held = [...without(tool, name), ...instead];
    const outcome = await start(held, surroundings(), [...args, ...old]);
    expect(outcome.stdout).toBe('');
    expect(outcome.code).toBeOneOf([1, 3]);
    const [message = '', hint = '', ...more] = outcome.stderr.trim().split('\n');
    expect(message.startsWith(`${tool}: `)).toBe(true);
    expect(message + hint).toContain(`CAP_${name}`);
    expect(more).toEqual([]);
  });

  const args = ASKED.tcpconnect as readonly string[];
  const less = (dropped: string) => surroundings().filter((flag) => !flag.includes(dropped));

  test('without the cgroups of the host containers are not told apart, unless by SYS_PTRACE', async () => {
    const outcome = await start(CAPABILITIES.tcpconnect, less('/sys/fs/cgroup'), args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /\(web\) cannot be told .*\n .*--cap-add SYS_PTRACE -v \/sys\/fs\/cgroup/,
    );
    const capabilities = [...CAPABILITIES.tcpconnect, 'SYS_PTRACE'];
    const sees = await start(capabilities, less('/sys/fs/cgroup'), args);
    expect(events(sees)).toEqual([expect.objectContaining({ container: WEB })]);
  });

  test('loader doctor knows what is missing', async () => {
    const few = ['--read-only', '--cap-drop=ALL', '--cap-add=BPF', '--cap-add=PERFMON'];
    const doctor = ['loader', 'doctor', '--no-tools', '--output=json'];
    const { stdout } = await engine.docker([...few, IMAGE, ...doctor]);
    const missing = JSON.parse(stdout).missing.map(({ what }: { what: string }) => what);
    const expected = ['CAP_SETUID and CAP_SETGID', 'CAP_NET_ADMIN', 'the initial pid namespace'];
    expect(missing).toEqual(expect.arrayContaining(expected));
  });

  test('without the processes of the host none is found', async () => {
    const outcome = await start(CAPABILITIES.tcpconnect, less('--pid'), args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('docker run --pid=host');
  });

  test('without sockets a container has its id and no name', async () => {
    const outcome = await start(CAPABILITIES.tcpconnect, less('.sock'), [
      'tcpconnect',
      '--comm=nc',
    ]);
    const { id, name, runtime } = events(outcome)[0].container;
    expect({ name, runtime }).toEqual({ name: null, runtime: 'docker' });
    expect(await engine.api('GET', `/containers/${id}/json`)).toMatchObject({ Name: '/web' });
  });

  test('without tracefs other hooks are taken, or it is asked for', async () => {
    const outcome = await start(CAPABILITIES.mkdirsnoop, less('tracing'), ['mkdirsnoop']);
    if (outcome.code === 0) return; // fexit or kprobe of this kernel do without
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('docker run -v /sys/kernel/tracing:/sys/kernel/tracing:ro');
  });
});

test('an engine that does not know CAP_BPF gives SYS_ADMIN, which stands for both', async (context) => {
  const version = execFileSync('/usr/sbin/dockerd', ['--version'], { encoding: 'utf8' });
  requireKernel(
    context,
    / 20\./.test(version) ? null : `needs Docker 20.10, has ${version.trim()}`,
  );
  const old = await startEngine(image);
  try {
    await old.run('web', { command: ['/bin/sh', '-c', WORK] });
    const flags = ['--read-only', '--cap-drop=ALL', '--cap-add=SETUID', '--cap-add=SETGID'];
    const volumes = [TRACING, CGROUPS, `--volume=${old.socket}:${SOCKET}`, '--pid=host'];
    const tool = ['mkdirsnoop', '--container=web', '--output=json', '--max-events=1'];
    const refused = await old.docker([...flags, '--cap-add=BPF', ...volumes, IMAGE, ...tool]);
    expect(refused.stderr).toContain('unknown capability: "CAP_BPF"');
    const sees = await old.docker([...flags, '--cap-add=SYS_ADMIN', ...volumes, IMAGE, ...tool]);
    expect(events(sees)).toEqual([expect.objectContaining({ container: WEB })]);
  } finally {
    await old.stop();
  }
});
