import {
  containerFields,
  FewTexts,
  type Field,
  fields,
  type JsonWriter,
  type OwnerEvent,
  prepare,
} from '@imagesnoop/output';
import type { Owner } from './capture/owner.js';
import type { Contents } from './content.js';
import type { Peer } from './decode/chunk.js';
import { type CallRow, methodText, type RowType } from './rows.js';
import { isError, statusName } from './status.js';
import type { MethodSummary } from './summary.js';
import { summaryColumns } from './summary-columns.js';

/** One message or one call, as JSON has it and as the library yields it. */
export interface CallEvent {
  readonly type: RowType;
  /** When it was written, of a call when that began; RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
  readonly ts_us: number;
  /** Who wrote it; of a call the client. Null where it is not known. */
  readonly pid: number | null;
  readonly tid: number | null;
  readonly comm: string | null;
  readonly uid: number | null;
  /** The other end. */
  readonly peer: { readonly pid: number; readonly comm: string } | null;
  /** Socket cookie of the connection, never used again. */
  readonly conn: string;
  readonly stream: number;
  readonly protocol: 'grpc' | 'ttrpc' | 'http';
  /** `/package.Service/Method`, of HTTP `POST /path`. */
  readonly method: string | null;
  /** Read on the wire, concluded from the messages, or one of `candidates`. */
  readonly path_source: 'wire' | 'inferred' | 'ambiguous';
  readonly candidates: readonly string[];
  /** The message; of a call `{request, response}`: its first and its last one. */
  readonly message: unknown;
  /** Its length; null for calls. */
  readonly bytes: number | null;
  /** Bytes of it that were not captured. */
  readonly missing: number;
  /** Name of the grpc-status, status of HTTP; null if unknown. */
  readonly status: string | null;
  /** grpc-message, or how the call ended without a status. */
  readonly error: string | null;
  readonly latency_us: number | null;
  readonly requests: number | null;
  readonly responses: number | null;
  readonly request_bytes: number | null;
  readonly response_bytes: number | null;
  /** Headers that are not the protocol's own. */
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly mntns: number | null;
  readonly netns: number | null;
  readonly cgroup_id: string | null;
  readonly container: OwnerEvent['container'];
  readonly k8s: OwnerEvent['k8s'];
}

export interface ColumnOptions {
  /** Whole messages in tables; else they are cut at 100 characters. */
  readonly completeContent?: boolean;
  /** Rows are messages, and not all of them calls. Default true. */
  readonly messages?: boolean;
  /** False for fewer columns and short names of methods, for terminals of 80 columns. */
  readonly roomy?: boolean;
  /** Of a recording: nanoseconds from this machine's time of day to that of its own. */
  readonly timeShiftNs?: number;
}

/** Whose process it is: JSON values. */
export type WhoseOwner = (owner: Owner) => {
  readonly container: Uint8Array | null;
  readonly k8s: Uint8Array | null;
};

/** As the original tool cuts messages. */
const MESSAGE_CHARACTERS = 100;
const TYPE_NAMES = { request: 'REQ', response: 'RESP', call: 'CALL' } as const;

/** What is known of a row, in the order of JSON and columns. */
export function callFields(
  contents: Pick<Contents, 'metadata' | 'clean'>,
  whose: WhoseOwner,
  { completeContent = false, messages = true, roomy = true, timeShiftNs = 0 }: ColumnOptions = {},
): readonly Field<CallRow>[] {
  const ifRoom = { show: roomy ? 'table' : 'wide' } as const;
  const ofCalls = { show: messages ? 'wide' : 'table' } as const;
  const owner = ({ actor }: CallRow): Owner | null =>
    actor !== null && 'cgroupId' in actor ? (actor as Owner) : null;
  const characters = completeContent ? Number.POSITIVE_INFINITY : MESSAGE_CHARACTERS;
  const shown = roomy ? methodText : shortMethod;
  return [
    fields.time('time', ({ tsNs }) => tsNs + timeShiftNs, {
      description: 'When it was written, of a call when that began; wall clock, UTC',
      column: { header: 'TIMESTAMP' },
    }),
    fields.uint('ts_us', ({ tsNs }) => Math.floor(tsNs / 1000), {
      description: 'The same, since boot (CLOCK_MONOTONIC)',
      unit: 'µs',
    }),
    fields.text('comm', ({ actor }) => actor?.comm ?? null, {
      description: 'Name of the thread that wrote it, of a call the client',
      column: { width: roomy ? 15 : 10, cut: roomy ? false : 'end' },
    }),
    fields.uint('pid', ({ actor }) => actor?.pid ?? null, {
      description: 'Its process, as the host sees it',
      column: {},
    }),
    fields.uint('tid', ({ actor }) => actor?.tid ?? null, {
      description: 'Its thread; null when the write had not returned as the bytes were read',
      column: ifRoom,
    }),
    fields.uint('uid', (row) => owner(row)?.uid ?? null, { description: 'Its real user id' }),
    fields.written('peer', ({ peer }, out) => writePeer(peer, out), {
      description: 'Process at the other end: pid and comm',
      schema: {
        type: ['object', 'null'],
        required: ['pid', 'comm'],
        properties: { pid: { type: 'integer' }, comm: { type: 'string' } },
      },
      column: {
        ...ifRoom,
        width: 7,
        align: 'right',
        cut: false,
        text: ({ peer }) => String(peer?.pid ?? '-'),
      },
    }),
    fields.choice('type', ({ type }) => type, ['request', 'response', 'call'], {
      description: 'What the row is about: one message, or a whole call',
      metric: 'label',
      column: {
        width: 4,
        show: messages ? 'table' : 'wide',
        cut: false,
        text: ({ type }) => TYPE_NAMES[type],
      },
    }),
    fields.text('conn', ({ conn }) => conn, {
      description: 'Connection: socket cookie of its client, never used again',
    }),
    fields.uint('stream', ({ stream }) => stream, {
      description: 'Stream of the connection',
      column: { ...ifRoom, width: 6, align: 'left' },
    }),
    fields.choice('protocol', ({ protocol }) => protocol, ['grpc', 'ttrpc', 'http'], {
      description: 'What is spoken',
      column: { show: 'wide' },
    }),
    fields.text('method', ({ method }) => method, {
      description: 'Path of the method; null if it is one of `candidates`, or unknown',
      metric: 'label',
      column: { width: roomy ? 50 : 24, text: shown, cut: roomy ? false : 'end' },
    }),
    fields.choice(
      'path_source',
      ({ pathSource }) => pathSource,
      ['wire', 'inferred', 'ambiguous'],
      {
        description: 'Where the method is from: seen, concluded (`~` in tables), or one of several',
      },
    ),
    fields.written('candidates', ({ candidates }, out) => writeList(candidates, out), {
      description: 'Methods that it may be, likeliest first; empty when it was seen',
      schema: { type: 'array', items: { type: 'string' } },
    }),
    fields.text(
      'status',
      ({ status, protocol }) => (status === null ? null : statusName(status, protocol)),
      {
        description: 'Name of the gRPC status, or status of HTTP; null if none was seen',
        metric: 'label',
        column: { ...ofCalls, width: 9 },
      },
    ),
    fields.uint('latency_us', ({ latencyNs }) => latencyNs && Math.round(latencyNs / 1000), {
      description: 'Of calls: from the first byte of the request to the status',
      unit: 'µs',
      metric: 'latency',
      column: {
        ...ofCalls,
        header: 'LAT(ms)',
        width: 8,
        text: ({ latencyNs }) => (latencyNs === null ? '-' : (latencyNs / 1e6).toFixed(3)),
      },
    }),
    fields.text('error', (row) => errorText(row, contents), {
      description: 'What the server says of a failure, or how a call ended without a status',
      column: { show: 'asked', alarm: true },
    }),
    fields.uint('bytes', ({ bytes }) => bytes, { description: 'Length of the message', unit: 'B' }),
    fields.uint('missing', ({ missing }) => missing, {
      description: 'How much of it was not captured',
      unit: 'B',
    }),
    fields.uint('requests', ({ requests }) => requests, {
      description: 'Messages of the call sent',
    }),
    fields.uint('responses', ({ responses }) => responses, {
      description: 'Messages of the call received',
    }),
    fields.uint('request_bytes', ({ requestBytes }) => requestBytes, {
      description: 'Their length together, as transferred',
      unit: 'B',
    }),
    fields.uint('response_bytes', ({ responseBytes }) => responseBytes, {
      description: 'Their length together, as transferred',
      unit: 'B',
    }),
    fields.written('metadata', ({ headers }, out) => contents.metadata(headers, out), {
      description: 'Headers that are not the protocol’s own, such as containerd-namespace',
      schema: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
    }),
    fields.uint('mntns', (row) => owner(row)?.mntns ?? null, {
      description: 'Inode number of the mount namespace of who wrote it',
    }),
    fields.uint('netns', (row) => owner(row)?.netns ?? null, {
      description: 'Inode number of its network namespace',
    }),
    fields.bigText('cgroup_id', (row) => asBig(owner(row)?.cgroupId), {
      description: 'Inode number of its cgroup (v2)',
    }),
    ...containers(owner, whose),
    fields.written('message', ({ content }, out) => content.json(out), {
      description: 'The message; of a call its first request and its last response',
      schema: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] },
      column: { width: 40, text: (row) => messageText(row, contents, characters) },
    }),
  ];
}

const PEER = { pid: prepare('{"pid":'), comm: prepare(',"comm":'), end: prepare('}') };
const comms = new FewTexts();

function writePeer(peer: Peer | null, out: JsonWriter): void {
  if (peer === null) return out.null();
  out.prepared(PEER.pid);
  out.int(peer.pid);
  out.prepared(PEER.comm);
  comms.write(peer.comm, out);
  out.prepared(PEER.end);
}

const EMPTY = prepare('[]');

function writeList(texts: readonly string[], out: JsonWriter): void {
  if (texts.length === 0) out.prepared(EMPTY);
  else out.string(JSON.stringify(texts));
}

function containers(
  owner: (row: CallRow) => Owner | null,
  whose: WhoseOwner,
): readonly Field<CallRow>[] {
  const of = (row: CallRow) => {
    const known = owner(row);
    return known === null ? null : whose(known);
  };
  return containerFields<CallRow>({
    container: (row) => of(row)?.container ?? null,
    k8s: (row) => of(row)?.k8s ?? null,
  });
}

function asBig(id: number | undefined): bigint | null {
  return id === undefined ? null : BigInt(id);
}

/** `Containers/Get`: without the package; what is no method is left as it is. */
function shortMethod(row: CallRow): string {
  return methodText(row).replace(/^(~?)\/(?:\w+\.)*(\w+\/)/, '$1$2');
}

function messageText(row: CallRow, contents: Pick<Contents, 'clean'>, characters: number): string {
  const error = errorText(row, contents);
  const text = row.content.text(characters);
  if (error === null) return text;
  const { status, protocol } = row;
  const name = status !== null && row.type !== 'call' ? `${statusName(status, protocol)}: ` : '';
  return text === '' ? `${name}${error}` : `${name}${error}; ${text}`;
}

function errorText(
  { status, statusMessage, protocol, end }: CallRow,
  contents: Pick<Contents, 'clean'>,
): string | null {
  // HTTP says "OK" and "Created", too.
  const tells = statusMessage !== null && statusMessage !== '';
  if (tells && (protocol !== 'http' || isError(status, protocol)))
    return contents.clean(statusMessage);
  if (protocol === 'http' || isError(status, protocol) || end === null || end === 'status')
    return null;
  return end;
}

/** What `--summary` tells of a method. */
export function summaryFields(): readonly Field<MethodSummary>[] {
  return summaryColumns;
}
