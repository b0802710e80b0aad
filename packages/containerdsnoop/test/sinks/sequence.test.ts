import { expect, test } from 'vitest';
import { redactText } from '../../src/redact/text.js';
import { SequenceSink } from '../../src/sinks/sequence.js';
import { mermaid } from '../../src/sinks/sequence-mermaid.js';
import { svg } from '../../src/sinks/sequence-svg.js';
import { call, client, message, server } from './chunks.js';

const shim = { pid: 900, tid: null, comm: 'containerd-shim' };

function sink(): SequenceSink {
  return new SequenceSink({
    nameOf: ({ method, pathSource }) => `${pathSource === 'wire' ? '' : '~'}${method}`,
    isError: ({ status }) => status !== 0,
    describe: ({ bytes }) => Buffer.from(bytes ?? '').toString(),
    clean: redactText,
  });
}

test('calls are drawn in the order of time, those inside of others between them', () => {
  const to = sink();
  to.message(message({ bytes: Buffer.from('id:"web"') }));
  // The inner call is over first.
  to.call(
    call({
      client: server,
      server: shim,
      conn: '18',
      method: '/containerd.task.v2.Task/Create',
      protocol: 'ttrpc',
      startNs: 2e6,
      endNs: 5e6,
      latencyNs: 3e6,
    }),
  );
  to.call(
    call({
      method: '/runtime.v1.RuntimeService/CreateContainer',
      startNs: 1e6,
      endNs: 9e6,
      latencyNs: 8e6,
    }),
  );
  expect(mermaid(to.sequence())).toBe(
    [
      '```mermaid',
      'sequenceDiagram',
      '  participant p1 as containerd (pid 412)',
      '  participant p2 as containerd-shim (pid 900)',
      '  participant p3 as kubelet (pid 731)',
      '  p3->>p1: RuntimeService/CreateContainer id:#34;web#34;',
      '  p1->>p2: Task/Create',
      '  p2-->>p1: OK 3 ms',
      '  p1-->>p3: OK 8 ms',
      '```',
      '',
    ].join('\n'),
  );
});

test('the same call many times is one, unless something else was in between', () => {
  const to = sink();
  const at = (ms: number, more = {}) =>
    to.call(call({ startNs: ms * 1e6, endNs: (ms + 1) * 1e6, latencyNs: 1e6, ...more }));
  for (const ms of [0, 2, 4]) at(ms);
  at(6, { status: 5, statusMessage: 'no #1; at https://u:s3cret@host' });
  at(8);
  const text = mermaid(to.sequence());
  expect(text.match(/Zoo\/Feed.*/g)).toEqual(['Zoo/Feed ×3', 'Zoo/Feed', 'Zoo/Feed']);
  expect(text).toContain('p2--xp1: NOT_FOUND 1 ms: no #35;1#59; at https://#60;redacted#62;@host');
  expect(text).not.toContain('s3cret');
});

test('processes of one name that only call are one, those that serve are not', () => {
  const to = sink();
  for (const pid of [1, 2, 3]) {
    const start = { startNs: pid * 10e6, endNs: pid * 10e6 + 1e6, stream: pid };
    to.call(call({ ...start, client: { ...client, pid, comm: 'ctr' } }));
    to.call(call({ ...start, client: server, server: { ...shim, pid: 900 + pid } }));
  }
  const { participants, arrows } = to.sequence();
  expect(participants).toEqual([
    { comm: 'ctr', pid: null, processes: 3 },
    { comm: 'containerd', pid: 412, processes: 1 },
    ...[901, 902, 903].map((pid) => ({ comm: 'containerd-shim', pid, processes: 1 })),
  ]);
  expect(arrows.filter(({ from, to: at }) => from === 0 && at === 1)).toHaveLength(3);
});

test('cancelled and unfinished calls say so', () => {
  const to = sink();
  to.call(call({ end: 'cancelled', status: null, latencyNs: null }));
  to.call(call({ stream: 3, end: 'unfinished', status: null, latencyNs: null, startNs: 5e6 }));
  expect(to.sequence().arrows.map(({ kind, label }) => [kind, label])).toEqual([
    ['call', 'Zoo/Feed'],
    ['failure', 'cancelled'],
    ['call', 'Zoo/Feed'],
  ]);
});

test('a picture is well-formed whatever the names are', () => {
  const to = sink();
  to.call(call({ client: { ...client, comm: '<a&"\u001b\u202e' }, method: '/x.Y/<script>' }));
  const picture = svg(to.sequence());
  expect(picture).toContain('<title>Calls between &lt;a&amp;&quot;··');
  expect(picture).not.toContain('<script>');
  const tags = [...picture.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)];
  const depth = tags.reduce((sum, [, end, , alone]) => sum + (alone ? 0 : end ? -1 : 1), 0);
  expect(depth).toBe(0);
});

test('what there is no room for is counted', () => {
  const to = sink();
  for (let i = 0; i < 1100; i++)
    to.call(call({ stream: i, startNs: i * 1e6, method: `/x.Y/M${i}` }));
  const sequence = to.sequence();
  expect(sequence.omitted).toBe(100);
  expect(mermaid(sequence)).toContain('Note over p1: 100 more calls are not shown');
  expect(svg(sequence)).toContain('100 more calls are not shown');
});
