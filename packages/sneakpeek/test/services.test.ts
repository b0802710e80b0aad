import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { runTool } from '../../../tools/testing/tool.js';
import { templateUnit, unitWord } from '../src/units/template.js';

// systemctl is played by a script that writes down how it was called.
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'imagesnoop-units-'));
  for (const name of ['bin', 'units']) mkdirSync(join(dir, name));
  const script = `#!/bin/sh\necho "$*" >> ${dir}/calls\n[ ! -e ${dir}/fail ] || { echo no systemd >&2; exit 1; }\n`;
  writeFileSync(join(dir, 'bin/systemctl'), script);
  chmodSync(join(dir, 'bin/systemctl'), 0o755);
});
afterEach(() => rmSync(dir, { recursive: true }));

const sneakpeek = (...args: string[]) =>
  runTool('sneakpeek', [...args, '--unit-dir', join(dir, 'units')], {
    env: { PATH: `${dir}/bin:${process.env.PATH}` },
  });
const calls = () =>
  existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8') : '';

test('installs a template and a unit per container, and takes them away', async () => {
  const template = join(dir, 'units/fswatch@.service');
  const done = await sneakpeek('-t', 'fswatch', '--install', '-n', 'web,db');
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(calls()).toBe('daemon-reload\nenable --now fswatch@web.service fswatch@db.service\n');
  const text = readFileSync(template, 'utf8');
  expect(text).toMatch(/^ExecStart=\S+ \S+\/dist\/bin\.js fswatch -n %i --wait -o json$/m);
  // What systemctl enable would have done.
  mkdirSync(join(dir, 'units/multi-user.target.wants'));
  for (const name of ['web', 'db']) {
    symlinkSync(template, join(dir, `units/multi-user.target.wants/fswatch@${name}.service`));
  }
  await sneakpeek('fswatch', '--uninstall', 'web');
  expect(existsSync(template)).toBe(true);
  rmSync(join(dir, 'units/multi-user.target.wants/fswatch@web.service'));
  await sneakpeek('fswatch', '--uninstall', 'db');
  expect(existsSync(template)).toBe(false);
  expect(calls()).toContain('disable --now fswatch@db.service\ndaemon-reload\n');
});

test('--dry-run shows and does nothing', async () => {
  const { stdout } = await sneakpeek('procmon', '--install', '-n', 'web', '--dry-run');
  expect(stdout).toContain('  ExecStart=');
  expect(stdout).toContain('procmon -n %i --wait -- -o json');
  expect(stdout).toContain('run systemctl enable --now procmon@web.service\n');
  expect({ calls: calls(), made: existsSync(join(dir, 'units/procmon@.service')) }).toEqual({
    ...{ calls: '', made: false },
  });
});

test('files of others, names that are no units, and a machine without systemd', async () => {
  const path = join(dir, 'units/tcptracer@.service');
  writeFileSync(path, '[Service]\nExecStart=/bin/true\n');
  const foreign = await sneakpeek('tcptracer', '--install', '-n', 'web');
  expect(foreign).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not made by sneakpeek'),
  });
  expect(readFileSync(path, 'utf8')).toContain('/bin/true');
  const odd = await sneakpeek('fswatch', '--install', '-n', 'a/b;touch x');
  expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining('name of a unit') });
  expect(calls()).toBe('');
  writeFileSync(join(dir, 'fail'), '');
  const failed = await sneakpeek('fswatch', '--install', '-n', 'web');
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('no systemd') });
});

test('bpftool_map_container_ns says which service it would start', async () => {
  const args = [
    'bpftool_map_container_ns',
    '7',
    '/sys/fs/bpf/mnt_ns_web',
    'execsnoop',
    '--dry-run',
  ];
  const { stdout } = await runTool('sneakpeek', args);
  expect(stdout).toMatch(/^put 7 into \/sys\/fs\/bpf\/mnt_ns_web\n/);
  expect(stdout).toContain('run systemctl enable --now procmon@web.service\n');
  expect((await runTool('sneakpeek', [...args.slice(0, 3), 'what'])).code).toBe(2);
});

test('words of a unit', () => {
  expect(unitWord('/opt/a b/100%/$x/"q"\\')).toBe('"/opt/a b/100%%/$$x/\\"q\\"\\\\"');
  expect(unitWord('/usr/bin/node')).toBe('/usr/bin/node');
  expect(templateUnit('fswatch', ['/a', 'b c'])).toContain('ExecStart=/a "b c" fswatch -n %i');
});

// systemd itself reads them; an instance, since %i stands for nothing in a template.
test.for(['fswatch', 'procmon', 'tcptracer'] as const)(
  'systemd takes %s@web',
  (service, context) => {
    const verify = (name: string, text: string) => {
      writeFileSync(join(dir, `units/${name}@.service`), text);
      const unit = join(dir, `units/${name}@web.service`);
      return spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    };
    const unit = templateUnit(service, [process.execPath, '/opt/a b/100%/$x/"q"']);
    const { error, status, stderr } = verify(service, unit);
    requireKernel(context, error === undefined ? null : 'no systemd-analyze');
    expect({ status, told: linesAbout(stderr, service) }).toEqual({ status: 0, told: [] });
    const broken = verify('broken', unit.replace(/^ExecStart=/m, 'ExecStart=/not/there '));
    expect(broken.status).not.toBe(0);
    const odd = verify('odd', unit.replace('RestartSec=5', 'RestartSec=five'));
    expect(linesAbout(odd.stderr, 'odd')).not.toEqual([]);
  },
);

/** It reads units of the machine, too, and has its say on them. */
const linesAbout = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.includes(`${name}@`));
