// Attempts of containers that start after the tool, which has given up root.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { missing, startContainerd, type TestContainerd } from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'runc');

let runtime: TestContainerd;
beforeAll(async () => {
  if (lack === null) runtime = await startContainerd();
});
afterAll(() => runtime?.stop());

test('a container that comes later is awaited, and seen from its first attempt on', async (context) => {
  requireKernel(context, lack);
  const env = { CONTAINERD_ADDRESS: runtime.socket };
  const tool = await startTool(
    'tcpconnect',
    ['--container', 'later', '--wait', '-o', 'json', '--no-file'],
    { env },
  );
  // Nobody listens there: each attempt is refused, and each is one row.
  const attempt = (port: number) => `nc 127.0.0.1 ${port} </dev/null`;
  await runtime.run('other', { command: ['sh', '-c', `${attempt(4001)}; exec sleep 1000`] });
  await runtime.run('later', { command: ['sh', '-c', `${attempt(4003)}; exec sleep 1000`] });
  await runtime.exec('later', ['sh', '-c', `${attempt(4007)} || true`]);
  const { code, stdout, stderr } = await tool.stop();

  expect(code, stderr).toBe(0);
  const rows = rowsOf(stdout);
  expect(rows.map(({ dport }) => dport)).toEqual([4003, 4007]);
  for (const row of rows) {
    expect(row).toMatchObject({ comm: 'nc', error: 'ECONNREFUSED' });
    expect(row.container).toMatchObject({ id: 'later', runtime: 'containerd' });
  }
  await runtime.remove('later');
  await runtime.remove('other');
});
