// What users get: every package published to a registry on loopback, and from there by npx onto a
// machine that has Node.js and nothing else.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../setup/paths.mjs';
import { packageFolders } from '../../setup/workspace.mjs';
import { OtlpReceiver } from '../../testing/otlp-receiver.js';
import { BareMachine } from '../bare-machine.mjs';
import { BUDGET_BYTES, contentProblems, sizeOf } from '../contents.mjs';
import { emulatedNode } from '../emulated.mjs';
import { publish } from '../publish.mjs';
import { startRegistry } from '../registry.mjs';
import { busyWith, closeShop, openShop, TOOLS, type Told } from './workloads.js';

/** Makes any program that Node.js runs believe that it is on another machine. */
const ON_RISCV64 = `--import=data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'arch', { value: 'riscv64' })",
)}`;

const folder = mkdtempSync(join(tmpdir(), 'imagesnoop-packages-'));
const names = packageFolders().map((path: string) => path.slice(path.lastIndexOf('/') + 1));
const all = names.map((name: string) => `@imagesnoop/${name}`);
let registry: Awaited<ReturnType<typeof startRegistry>>;
let machine: BareMachine;
let published: readonly string[];

beforeAll(async () => {
  registry = await startRegistry(mkdtempSync(join(folder, 'registry-')));
  machine = new BareMachine(join(folder, 'machine'), registry.env);
  published = await publish(registry.env);
  await openShop();
});

afterAll(async () => {
  closeShop();
  await registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('every package is published', () => {
  expect(published.map((each) => each.replace(/@[^@]+$/, ''))).toEqual(all);
});

const byName = TOOLS.map((tool) => [tool.name, tool] as const);
test.each(byName)('npx @imagesnoop/%s sees what happens', async (name, tool) => {
  const { args, sees } = tool;
  let stop: (() => void) | undefined;
  const result = await machine.run(name, ['npx', '-y', `@imagesnoop/${name}`, ...args], {
    onStderr: (said) => {
      if (said.includes('tracing')) stop ??= busyWith(tool);
    },
  });
  stop?.();
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).not.toMatch(/npm (error|warn)/i);
  expect(result.stdout).toMatch(sees);
  expect(sizeOf(join(machine.cacheOf(name), '_npx'))).toBeLessThan(BUDGET_BYTES);
});

test('a project in strict TypeScript uses them all, and gets events', async () => {
  const project = machine.folder('project');
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  const { code, stderr } = await machine.run('project', ['npm', 'install', ...all]);
  expect(code, stderr).toBe(0);
  for (const name of names) {
    expect(contentProblems(join(project, 'node_modules/@imagesnoop', name), name)).toEqual([]);
  }
  writeFileSync(join(project, 'main.ts'), program());
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  const flags = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types')];
  execFileSync(compiler, [...flags, ...types, 'main.ts'], { cwd: project, stdio: 'inherit' });
  const ran = await machine.run('project', ['node', 'main.js']);
  expect(ran).toMatchObject({ code: 0, stdout: 'node /one/of/many ENOENT\n' });
});

/** Imports whatever can be, so that all declarations are compiled, and runs one tracer. */
function program(): string {
  const imports = all.map((each, at) => `import * as package${at} from '${each}';`);
  return `${imports.join('\n')}
import { execFile } from 'node:child_process';
import { Decoder } from '@imagesnoop/containerdsnoop/decode';
import { type MkdirEvent, mkdirs } from '@imagesnoop/mkdirsnoop';

export const loaded = [Decoder, ${all.map((_each, at) => `package${at}`).join(', ')}];
const another = () => execFile(process.execPath, ['-e', "fs.mkdirSync('/one/of/many')"], () => {});
const again = setInterval(another, 500);
for await (const event of mkdirs({ path: '/one/of/many', signal: AbortSignal.timeout(60_000) })) {
  if (event.type === 'lost') continue;
  const { comm, path, error }: MkdirEvent = event;
  console.log(comm, path, error);
  break;
}
clearInterval(again);
`;
}

test('telemetry comes with a tool, and reads no file once root is given up', async () => {
  const tool = TOOLS.find(({ name }) => name === 'mkdirsnoop') as Told;
  const collector = await OtlpReceiver.start();
  // Below a folder that only root may enter.
  const bin = join(folder, 'machine/project/node_modules/@imagesnoop/mkdirsnoop/dist/bin.js');
  const flags = ['--otlp', collector.url, '--prometheus', '0', '-o', 'json', '-v'];
  let stop: (() => void) | undefined;
  const { code, stdout, stderr } = await machine.run(
    'project',
    ['node', bin, ...flags, '--pid', `${process.pid}`, '--max-events', '3'],
    {
      onStderr: (said) => {
        if (said.includes('tracing')) stop ??= busyWith(tool);
      },
    },
  );
  stop?.();
  await collector.stop();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('privileges: given up');
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({ unsent: 0 });
  expect(collector.logs).toHaveLength(3);
  expect(collector.metrics).toBeGreaterThan(0);
});

test('another machine is told so, by npm and by the tools', async () => {
  const env = { NODE_OPTIONS: ON_RISCV64 };
  const npm = await machine.run('other', ['npx', '-y', '@imagesnoop/tcpconnect'], { env });
  expect(npm.code).not.toBe(0);
  expect(npm.stderr).toMatch(/EBADPLATFORM[\s\S]*bpf-core[\s\S]*riscv64/);
  const bin = join(folder, 'machine/project/node_modules/@imagesnoop/tcpconnect/dist/bin.js');
  const tool = await machine.run('project', ['node', bin], { env });
  expect(tool.code).toBe(3);
  expect(tool.stderr).toMatch(/^tcpconnect: cannot load .*riscv64[^\n]*\n {2}There are addons for/);
});

test('on arm64 the addon loads and opens the object, up to the kernel that emulation lacks', async () => {
  const [emulator = '', ...node] = await emulatedNode();
  const bin = join(folder, 'machine/project/node_modules/@imagesnoop/mkdirsnoop/dist/bin.js');
  const { status, stderr } = spawnSync(emulator, [...node, bin], { encoding: 'utf8' });
  expect(stderr).toMatch(/^mkdirsnoop: cannot load object mkdirsnoop: ENOSYS/);
  expect(status).toBe(1);
});

test('nothing is left where the tools ran', () => {
  for (const { name } of TOOLS) expect(readdirSync(join(folder, 'machine', name))).toEqual([]);
});
