// Each tracer as a whole process that has given up root, asked for its metrics.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { startTool } from '../../../tools/testing/tool.js';

const folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
const socket = join(folder, 'daemon.sock');
const daemon = createServer((_, response) => response.end());

beforeAll(async () => {
  daemon.listen(socket);
  await once(daemon, 'listening');
});
afterAll(() => {
  daemon.close();
  rmSync(folder, { recursive: true });
});
beforeEach((context) => requireKernel(context, lacksRoot()));

test.each([
  ['tcpconnect', ['--no-file']],
  ['mkdirsnoop', ['--no-file']],
  ['execsnoop', []],
  ['tcpflow', ['--events']],
  ['tcpflow', []],
  ['tc-tracker', ['-i', 'lo']],
  ['containerdsnoop', ['-a', socket]],
  ['sneakpeek', ['fswatch']],
])('%s %j answers Prometheus', async (name, args) => {
  const tool = await startTool(name, [...args, '--prometheus', '0', '--node-name', 'n1', '-v']);
  const url = /http:\S+\/metrics/.exec(tool.stderr)?.[0] as string;
  const text = await (await fetch(url)).text();
  const { code, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/privileges: (given up|still root, behind)/);
  const prefix = `imagesnoop_${name.replace('-', '_')}`;
  expect(text).toContain(`${prefix}_lost_total{cause="ring_buffer_full"}`);
  expect(text).toContain(`service_name="imagesnoop-${name}"`);
  expect(text).toContain('k8s_node_name="n1"');
  // As the format has it: a name, labels, a number.
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
    expect(line).toMatch(/^[a-z_]+(\{[a-z0-9_]+="[^"]*"(,[a-z0-9_]+="[^"]*")*\})? [-+0-9.e]+$/);
});
