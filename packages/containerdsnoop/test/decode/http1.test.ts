import { once } from 'node:events';
import * as http from 'node:http';
import { describe, expect, it } from 'vitest';
import { decode, lostBytes } from './decoding.js';
import { proxyOf } from './proxy.js';
import { chunksOf, GoConnection, type Write } from './wire.js';

async function ask(options: http.RequestOptions, body = ''): Promise<string> {
  const request = http.request(options);
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const part of response) text += part;
  return text;
}

describe('HTTP/1.1', () => {
  it('between a real client and a real server', async () => {
    const server = http.createServer((request, response) => {
      if (request.url === '/empty') response.writeHead(204).end();
      else if (request.url === '/chunks') {
        response.setHeader('content-type', 'application/json');
        response.write('{"part":');
        response.end('2}\n');
      } else request.pipe(response.writeHead(201, { 'content-type': 'text/plain' }));
    });
    const proxied = await proxyOf(server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const common = { socketPath: proxied.path, agent };
    await ask({ ...common, method: 'HEAD', path: '/chunks' });
    await ask({ ...common, path: '/chunks' });
    await ask({ ...common, path: '/empty' });
    await ask({ ...common, method: 'POST', path: '/echo?x=1' }, 'hello '.repeat(20_000));
    agent.destroy();
    proxied.close();
    const decoded = decode(
      proxied.connections.flatMap((writes, index) => [
        ...chunksOf(writes, { conn: String(index), fromStart: true }),
      ]),
    );
    expect(lostBytes(decoded)).toBe(0);
    expect(decoded.calls).toMatchObject([
      { method: 'HEAD /chunks', status: 200, responseBytes: 0 },
      { method: 'GET /chunks', status: 200, responseBytes: 11 },
      { method: 'GET /empty', status: 204, responseBytes: 0 },
      { method: 'POST /echo?x=1', status: 201, requestBytes: 120_000 },
    ]);
    const echo = decoded.messages.filter(({ method }) => method?.startsWith('POST'));
    expect(
      echo.map(({ type, length, missing, bytes }) => [type, length, missing, bytes?.length]),
    ).toEqual([
      ['request', 120_000, 0, 120_000],
      ['response', 120_000, 0, 120_000],
    ]);
    expect(echo[1]?.http).toMatchObject({ status: 201, contentType: 'text/plain', part: 'whole' });
  });

  it('gives out lines of a body that goes on', () => {
    const head =
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const { messages, calls } = decode(
      chunksOf([
        { toServer: true, bytes: Buffer.from('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n') },
        { toServer: false, bytes: Buffer.from(head) },
        { toServer: false, bytes: Buffer.from(chunk('{"a":1}\n')) },
        { toServer: false, bytes: Buffer.from(chunk('{"b":') + chunk('2}\n')) },
      ]),
    );
    expect(messages.slice(1).map(({ bytes, http }) => [String(bytes), http?.part])).toEqual([
      ['{"a":1}\n', 'piece'],
      ['{"b":2}\n', 'piece'],
    ]);
    expect(calls).toMatchObject([{ end: 'closed', responses: 2, status: 200 }]);
  });

  const upgrade = (protocol: string): Write[] => [
    {
      toServer: true,
      bytes: Buffer.from(`POST /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`),
    },
    {
      toServer: false,
      bytes: Buffer.from(`HTTP/1.1 101 UPGRADED\r\nUpgrade: ${protocol}\r\n\r\n`),
    },
  ];

  it('becomes the output of a container', () => {
    const { messages } = decode(
      chunksOf([
        ...upgrade('tcp'),
        { toServer: true, bytes: Buffer.from('ls\n') },
        { toServer: false, bytes: Buffer.from('\x01\0\0\0\0\0\0\x05bin\n\n\x02\0\0\0\0\0\0\x03e') },
        { toServer: false, bytes: Buffer.from('rr') },
      ]),
    );
    expect(messages.slice(1).map(({ bytes, http }) => [String(bytes), http?.channel])).toEqual([
      ['ls\n', 'stdin'],
      ['bin\n\n', 'stdout'],
      ['e', 'stderr'],
      ['rr', 'stderr'],
    ]);
  });

  it.each([false, true])('becomes HTTP/2 (the daemon is its client: %s)', (isReversed) => {
    const connection = new GoConnection();
    connection.unary('/shop.v1.Shop/ListOrders', Buffer.from('a'), Buffer.from('b'), '1S');
    const inner = connection.writes.map(({ toServer, bytes }) => ({
      toServer: toServer !== isReversed,
      bytes,
    }));
    const chunks = [...chunksOf([...upgrade('h2c'), ...inner])].map((chunk) => ({
      ...chunk,
      client: { pid: 1, tid: null, comm: 'buildctl' },
      server: { pid: 2, tid: null, comm: 'dockerd' },
    }));
    const { calls } = decode(chunks);
    const grpc = calls.find(({ protocol }) => protocol === 'grpc');
    expect(grpc).toMatchObject({ method: '/shop.v1.Shop/ListOrders', status: 0 });
    expect(grpc?.client?.comm).toBe(isReversed ? 'dockerd' : 'buildctl');
  });

  it('is found again at the next request after a hole', () => {
    const ping = { toServer: true, bytes: Buffer.from('HEAD /_ping HTTP/1.1\r\n\r\n') };
    const pong = { toServer: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') };
    const chunks = [...chunksOf([ping, pong, ping, pong, ping, pong])];
    const { calls } = decode(chunks.filter((_, index) => index !== 3));
    expect(calls.map(({ method, status }) => [method, status])).toContainEqual([
      'HEAD /_ping',
      200,
    ]);
    expect(calls.every(({ method }) => method === null || method === 'HEAD /_ping')).toBe(true);
  });

  it('keeps no more of a body than allowed', () => {
    const body = Buffer.alloc(1 << 20, 'x');
    const head = Buffer.from(`POST /load HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`);
    const { messages, stats } = decode(
      chunksOf([{ toServer: true, bytes: Buffer.concat([head, body]) }]),
      undefined,
      { messageBytes: 1000 },
    );
    expect(messages[0]).toMatchObject({ length: body.length, missing: body.length - 1000 });
    expect(stats.bufferedBytes).toBe(0);
  });

  it('names nothing by the end of a line whose beginning was not seen', () => {
    const asked = Buffer.from('GET /containers/two/json HTTP/1.1\r\nHost: docker\r\n\r\n');
    const answered = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    const both: Write[] = [
      { toServer: true, bytes: asked },
      { toServer: false, bytes: answered },
    ];
    for (let cut = 1; cut < asked.length; cut++) {
      const late = { toServer: true, bytes: asked.subarray(cut) };
      const writes = [late, ...both.slice(1), ...both];
      const { messages } = decode(chunksOf(writes, { fromStart: false }));
      const methods = messages.filter(({ type }) => type === 'response').map((each) => each.method);
      expect(methods).toEqual([null, 'GET /containers/two/json']);
    }
  });
});
