import type { AnyValue, AnyValueMap, LogRecord } from '@opentelemetry/api-logs';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { FieldShape } from './messages.js';

/** One line of JSON, parsed. */
export type Row = Readonly<Record<string, unknown>>;

/** Fields whose values are attributes under a name of OpenTelemetry's semantic conventions. */
const NAMES: Readonly<Record<string, string>> = {
  pid: 'process.pid',
  ppid: 'process.parent_pid',
  tid: 'thread.id',
  comm: 'thread.name',
  uid: 'process.real_user.id',
  exe: 'process.executable.path',
  cwd: 'process.working_directory',
  exit_code: 'process.exit.code',
  saddr: 'source.address',
  sport: 'source.port',
  daddr: 'destination.address',
  dport: 'destination.port',
  method: 'rpc.method',
  node: 'k8s.node.name',
};

/** The same for the members of objects. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  container: {
    id: 'container.id',
    name: 'container.name',
    image: 'container.image.name',
    runtime: 'container.runtime.name',
  },
  k8s: {
    namespace: 'k8s.namespace.name',
    pod: 'k8s.pod.name',
    container: 'k8s.container.name',
  },
  peer: { pid: 'peer.process.pid', comm: 'peer.thread.name' },
};

/** They are the record's own time. */
const TIMES: ReadonlySet<string> = new Set(['time', 'ts_us']);
/** Of a text in the body; attributes have the whole. */
const BODY_TEXT = 200;

/** Makes log records of the rows of one tool. */
export class LogRecords {
  readonly #tool: string;
  readonly #shown: readonly string[];
  readonly #alarms: readonly string[];
  readonly #names: Readonly<Record<string, string>>;

  constructor(tool: string, fields: readonly FieldShape[]) {
    const having = (is: (field: FieldShape) => boolean) => fields.filter(is).map((f) => f.name);
    this.#tool = tool;
    this.#shown = having(({ shown }) => shown);
    this.#alarms = having(({ alarm }) => alarm);
    const error = fields.find(({ name }) => name === 'error');
    const isType = error?.label === true;
    this.#names = { ...NAMES, error: isType ? 'error.type' : 'error.message' };
  }

  of(row: Row): LogRecord {
    const { type } = row;
    const isLoss = type === 'lost';
    const isWarning = isLoss || this.#alarms.some((name) => (row[name] ?? null) !== null);
    return {
      eventName: `imagesnoop.${this.#tool}.${type}`,
      timestamp: timeOf(row.time),
      severityNumber: isWarning ? SeverityNumber.WARN : SeverityNumber.INFO,
      severityText: isWarning ? 'WARN' : 'INFO',
      body: logfmt(row, isLoss ? Object.keys(row) : this.#shown),
      attributes: this.#attributes(row),
    };
  }

  #attributes(row: Row): AnyValueMap {
    const attributes: AnyValueMap = {};
    for (const [name, value] of Object.entries(row)) {
      if (value === null || TIMES.has(name)) continue;
      const members = MEMBERS[name];
      if (members !== undefined && typeof value === 'object') {
        for (const [member, attribute] of Object.entries(members)) {
          const inner = (value as Row)[member] ?? null;
          if (inner !== null) attributes[attribute] = inner as AnyValue;
        }
      } else if (name === 'argv' && Array.isArray(value)) {
        attributes['process.command_args'] = value;
      } else if (name === 'family') {
        attributes['network.type'] = `ipv${value}`;
      } else {
        attributes[this.#names[name] ?? name] =
          typeof value === 'object' ? JSON.stringify(value) : (value as AnyValue);
      }
    }
    return attributes;
  }
}

/** RFC 3339 with nanoseconds as seconds and nanoseconds since 1970. */
function timeOf(text: unknown): [number, number] {
  if (typeof text !== 'string') {
    const now = Date.now();
    return [Math.floor(now / 1000), (now % 1000) * 1e6];
  }
  return [Date.parse(`${text.slice(0, 19)}Z`) / 1000, Number(text.slice(20, 29))];
}

/** `type connect pid=7 comm=curl ...`: what the tool's table shows, as one line. */
function logfmt(row: Row, names: readonly string[]): string {
  const words = names
    .filter((name) => name !== 'type' && !TIMES.has(name) && (row[name] ?? null) !== null)
    .map((name) => `${name}=${word(row[name])}`);
  return [String(row.type), ...words].join(' ');
}

function word(value: unknown): string {
  if (typeof value !== 'object' && typeof value !== 'string') return String(value);
  const whole = typeof value === 'string' ? value : textOf(value as object);
  const text = whole.length > BODY_TEXT ? `${whole.slice(0, BODY_TEXT)}…` : whole;
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}

function textOf(value: object): string {
  if (Array.isArray(value)) return value.join(' ');
  const { name, pod } = value as { name?: unknown; pod?: unknown };
  return typeof name === 'string' ? name : typeof pod === 'string' ? pod : JSON.stringify(value);
}
