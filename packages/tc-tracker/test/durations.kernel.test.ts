// Durations as a capture of the same packets has them, and what is made of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { VethPair } from './veth.js';

const PORT = '8080';
const SESSIONS = 53;
const TOLERANCE_NS = 100_000;

let pair: VethPair;
let folder: string;
beforeEach(async (context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  folder = mkdtempSync(join(tmpdir(), 'tc-tracker-'));
  pair = new VethPair();
  await pair.start(pair.server, 'server', PORT, '7');
});
afterEach(() => {
  pair?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

/** Nanoseconds from the client's SYN to the server's FIN by the client's port, as tcpdump saw it. */
function capturedDurations(text: string): Map<number, number> {
  const begun = new Map<number, number>();
  const durations = new Map<number, number>();
  for (const line of text.split('\n')) {
    const [, seconds, nanoseconds, from, to, flags = ''] =
      /^(\d+)\.(\d{9}) IP6? \S+\.(\d+) > \S+\.(\d+): Flags \[([^\]]+)\]/.exec(line) ?? [];
    if (seconds === undefined) continue;
    // Both parts apart: a double has not room for nanoseconds since 1970.
    const at = (Number(seconds) % 100_000) * 1e9 + Number(nanoseconds);
    if (flags === 'S') begun.set(Number(from), at);
    if (flags.includes('F') && from === PORT) {
      durations.set(Number(to), at - (begun.get(Number(to)) ?? Number.NaN));
    }
  }
  return durations;
}

test('durations are within 100 µs of what tcpdump says', async (context) => {
  const tcpdump = '/usr/bin/tcpdump';
  requireKernel(context, existsSync(tcpdump) ? null : 'needs tcpdump');
  const inside = ['netns', 'exec', pair.client, tcpdump, '-i', 'cable', '-nn', '-l', '-tt'];
  // Headers only: in immediate mode a slot of tcpdump's buffer has room for the longest packet, and with
  // whole packets there are 8 of them. A packet that finds none is missing, which was waited for.
  const short = ['-s', '128', '-B', '16384'];
  const options = [...short, '--time-stamp-precision=nano', '--immediate-mode', 'tcp'];
  const capture = spawn('ip', [...inside, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  capture.stdout.on('data', (data) => {
    text += data;
  });
  for await (const said of capture.stderr) if (String(said).includes('listening on')) break;
  const tool = await startTool('tc-tracker', ['--netns', pair.client, '-o', 'json']);
  await pair.run(pair.client, 'client', PORT, String(SESSIONS), '3000', '10.77.0.2', 'fd77::2');
  const rows = rowsOf((await tool.stop()).stdout).filter(({ when }) => when === 'end');
  while (capturedDurations(text).size < SESSIONS) await once(capture.stdout, 'data');
  capture.kill('SIGINT');
  await once(capture, 'exit');

  const captured = capturedDurations(text);
  expect(rows).toHaveLength(SESSIONS);
  const errors = rows.map((row) =>
    Math.abs(Number(row.duration_ns) - (captured.get(Number(row.sport)) ?? Number.NaN)),
  );
  expect(Math.max(...errors)).toBeLessThan(TOLERANCE_NS);
});

test('a line for each finished session, and a histogram', async () => {
  const options = ['--netns', pair.client, '--durations', '--plot', 'durations.svg'];
  const tool = await startTool('tc-tracker', options, { cwd: folder });
  await pair.run(pair.client, 'client', PORT, '11', '3000', '10.77.0.2', 'fd77::2');
  const { stdout } = await tool.stop();
  const lines = readFileSync(join(folder, 'statistics.dat'), 'utf8').split('\n').slice(0, -1);
  expect(lines).toHaveLength(11);
  for (const line of lines)
    expect(line).toMatch(/^ *\S+:\d+ +-> +\S+:8080 +\| Duration: \d+\.\d{9} +s$/);
  expect(stdout).toContain('Durations of 11 sessions from SYN to FIN');
  expect(stdout).toMatch(/p50 [\d.]+ \S+, p90 [\d.]+ \S+, p99/);
  expect(readFileSync(join(folder, 'durations.svg'), 'utf8')).toMatch(/^<svg /);
});
