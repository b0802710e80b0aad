import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MessageSplitter } from '../src/grpc.js';
import { Containers, detect } from '../src/index.js';
import { ours } from './truth.js';

describe('a daemon that misbehaves', () => {
  let dir: string;
  let path: string;
  let server: Server;
  let answers: Record<string, unknown>;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'imagesnoop-fake-'));
    path = join(dir, 'fake.sock');
    answers = { '/version': { Version: '1' }, '/containers/json': [], '/events': '' };
    server = createServer((request, response) => {
      const answer = answers[(request.url ?? '').split('?')[0] ?? ''];
      if (answer === undefined) return void response.writeHead(404).end();
      response.writeHead(200);
      response.write(typeof answer === 'string' ? answer : JSON.stringify(answer));
      if (!request.url?.startsWith('/events')) response.end();
      else response.flushHeaders();
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  });

  const open = async (): Promise<Containers> => {
    const containers = await Containers.open({
      sockets: [{ kind: 'docker', path }],
      stateDirs: [],
    });
    await containers.ready;
    return containers;
  };

  test('answers that are not what they should be are passed over', async () => {
    answers['/containers/json'] = [null, 7, { Id: 5 }, { Id: 'x', Names: 'web', State: 'running' }];
    answers['/events'] = 'nonsense\n[]\n{"Actor":{"ID":{}}}\n{"Action":"start","Actor":null}\n\n';
    const containers = await open();
    expect(await ours(containers)).toEqual([]);
    expect(containers.notes()).toEqual([]);
    containers.close();
  });

  test('a pid that it claims is believed only where the kernel agrees', async () => {
    const id = 'a'.repeat(64);
    answers['/containers/json'] = [{ Id: id, Names: ['/web'], State: 'running' }];
    answers[`/containers/${id}/json`] = { State: { Running: true, Pid: 2 ** 22 + 1 } };
    const containers = await open();
    expect(await ours(containers)).toEqual([]);
    containers.close();
  });

  test('an answer that is no JSON is a note, and nothing else', async () => {
    answers['/containers/json'] = '<html>';
    const containers = await open();
    expect(containers.notes().join()).toMatch(/docker on .*fake.sock: GET \/containers\/json/);
    expect(containers.lookup(1, 1n)).toBeNull();
    containers.close();
    const [found] = await detect([{ kind: 'docker', path }]);
    expect(found).toMatchObject({ reachable: false, why: expect.stringContaining('JSON') });
  });

  test('a socket that speaks another protocol is a note', async () => {
    const sockets = [{ kind: 'containerd', path } as const];
    const containers = await Containers.open({ sockets, stateDirs: [] });
    await containers.ready;
    expect(containers.notes().join()).toContain('containerd on');
    containers.close();
  });
});

describe('gRPC messages', () => {
  const framed = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);

  test('are found wherever the stream is cut', () => {
    const stream = Buffer.concat([framed('one'), framed(''), framed('three')]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const splitter = new MessageSplitter();
      const parts = [stream.subarray(0, cut), stream.subarray(cut)];
      const messages = parts.flatMap((part) => splitter.push(part));
      expect(messages.map(String)).toEqual(['one', '', 'three']);
    }
  });

  test('of absurd length, or compressed, are refused', () => {
    expect(() => new MessageSplitter().push(Buffer.from([0, 255, 0, 0, 0]))).toThrow('bytes');
    expect(() => new MessageSplitter().push(Buffer.from([1, 0, 0, 0, 0]))).toThrow('compressed');
  });
});
