// Other versions of containerd than the installed one: the same containers, the same calls, named and
// decoded by what their own executables know; also when one is upgraded to the other.
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, startTool } from '../../../tools/testing/tool.js';
import { kubelet } from '../../containers/test/runtimes/kubelet.js';
import {
  containerdOf,
  missing,
  startContainerd,
  type TestContainerd,
} from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? missing('containerd', 'ctr', 'runc');
const CREATE = '/containerd.services.tasks.v1.Tasks/Create';
/** That 1.6 does not have. */
const SANDBOXES = '/containerd.services.sandbox.v1.Store/List';

describe.each(['trixie', 'sid'])("containerd of Debian's %s", (suite) => {
  let programs: string;
  let daemon: TestContainerd | undefined;
  beforeEach((context) => {
    requireKernel(context, lack);
    try {
      programs = containerdOf(suite);
    } catch (error) {
      requireKernel(context, `no containerd of ${suite}: ${(error as Error).message}`);
    }
  });
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
  });

  const snoop = (socket: string) =>
    startTool('containerdsnoop', ['-a', socket, '-o', 'json', '--no-file']);

  test('containers and pods', async () => {
    daemon = await startContainerd({ cri: true, programs });
    const tool = await snoop(daemon.socket);
    await daemon.run('web');
    await daemon.exec('web', ['mkdir', '/tmp/a']);
    await daemon.remove('web');
    const node = await kubelet(daemon.socket, daemon.image);
    const pod = await node.pod('shop', 'front');
    await pod.run('main');
    await pod.remove();
    node.close();
    const { stdout } = await tool.stop();
    expect(lostIn(stdout), losses(stdout)).toBe(0);
    const rows = rowsOf(stdout);
    for (const { path_source, method } of rows) expect([method, path_source]).toContain('wire');
    const asked = (method: string) =>
      rows.filter((row) => row.type === 'request' && row.method === method);
    expect(asked(CREATE).map(({ message }) => message)).toMatchObject([{ container_id: 'web' }]);
    const [sandbox] = asked('/runtime.v1.RuntimeService/RunPodSandbox');
    expect(sandbox?.message).toMatchObject({ config: { metadata: { name: 'front' } } });
    const [container] = asked('/runtime.v1.RuntimeService/CreateContainer');
    expect(container?.message).toMatchObject({ config: { metadata: { name: 'main' } } });
  });

  test('an upgrade to it: what is new is known', async () => {
    const installed = mkdtempSync(join(tmpdir(), 'upgraded-'));
    try {
      install('/usr/bin', installed);
      daemon = await startContainerd({ programs: installed });
      const tool = await snoop(daemon.socket);
      await daemon.run('web');
      install(programs, installed);
      await daemon.restart();
      await daemon.ctr('sandboxes', 'list', '--filters', 'runtime.name==none');
      await daemon.remove('web');
      const { code, stdout, stderr } = await tool.stop();
      expect(code, stderr).toBe(0);
      expect(lostIn(stdout), losses(stdout)).toBe(0);
      const requests = rowsOf(stdout).filter(({ type }) => type === 'request');
      const asked = (wanted: string) =>
        requests.filter(({ method }) => method === wanted).map(({ message }) => message);
      expect(asked(CREATE)).toMatchObject([{ container_id: 'web' }]);
      expect(asked(SANDBOXES)).toEqual([{ filters: ['runtime.name==none'] }]);
    } finally {
      await daemon?.stop();
      daemon = undefined;
      rmSync(installed, { recursive: true });
    }
  });
});

/** As a package manager does it: new files in the place of the old ones. */
function install(from: string, to: string): void {
  chmodSync(to, 0o755); // for all to read, as the tool is nobody by then
  for (const name of ['containerd', 'ctr', 'containerd-shim-runc-v2']) {
    copyFileSync(join(from, name), join(to, `${name}.new`));
    renameSync(join(to, `${name}.new`), join(to, name));
  }
}

const losses = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{"type":"lost"'))
    .join('\n');
