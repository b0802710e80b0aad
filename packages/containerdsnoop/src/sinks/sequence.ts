import type { Peer } from '../decode/chunk.js';
import type { Call, Message } from '../decode/message.js';
import { statusName } from '../status.js';

/** Calls beyond this many are counted and not drawn: nobody reads a longer diagram. */
const MAX_CALLS = 1000;
/** Requests that are kept until their call is over. */
const MAX_PENDING = 10_000;
const MAX_PARTICIPANTS = 1000;
const MAX_DETAIL = 40;
const MAX_REPLY = 60;

/** A process, or several of one name that only call: `ctr` is started anew for each command. */
export interface Participant {
  readonly comm: string;
  /** Null if it is not known, or one of several. */
  readonly pid: number | null;
  readonly processes: number;
}

/** An arrow of a sequence diagram. */
export interface Arrow {
  /** Indices of participants. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'call' | 'reply' | 'failure';
  readonly label: string;
  /** Since the first call. */
  readonly atNs: number;
  /** How often it came, with nothing else in between. */
  readonly times: number;
}

/** Who called whom, in the order of time. */
export interface Sequence {
  readonly participants: readonly Participant[];
  readonly arrows: readonly Arrow[];
  /** Calls that there was no room for. */
  readonly omitted: number;
}

interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly reply: string;
  readonly failed: boolean;
  readonly unfinished: boolean;
}

export interface SequenceOptions {
  /** A method as people read it: `~` in front when it was concluded. */
  readonly nameOf: (call: Call) => string;
  readonly isError: (call: Call) => boolean;
  /** What a request is about, without secrets, in few words; '' for nothing. */
  readonly describe?: (message: Message) => string;
  /** Free text of the protocol without secrets. */
  readonly clean: (text: string) => string;
}

/** Collects calls for a sequence diagram. */
export class SequenceSink {
  readonly #options: SequenceOptions;
  readonly #participants = new Map<string, number>();
  readonly #named: Participant[] = [];
  readonly #calls: Drawn[] = [];
  readonly #details = new Map<string, string>();
  #omitted = 0;

  constructor(options: SequenceOptions) {
    this.#options = options;
  }

  message(message: Message): void {
    const { type, conn, stream } = message;
    const key = `${conn}/${stream}`;
    if (type !== 'request' || this.#details.has(key)) return;
    if (this.#calls.length >= MAX_CALLS || this.#details.size >= MAX_PENDING) return;
    const detail = this.#options.describe?.(message) ?? '';
    if (detail !== '') this.#details.set(key, shortened(detail, MAX_DETAIL));
  }

  call(call: Call): void {
    const key = `${call.conn}/${call.stream}`;
    const detail = this.#details.get(key);
    this.#details.delete(key);
    const from = this.#participant(call.client, 'client', call.conn);
    const to = this.#participant(call.server, 'server', '');
    if (this.#calls.length >= MAX_CALLS || from === null || to === null) {
      this.#omitted++;
      return;
    }
    const name = this.#options.clean(shortName(this.#options.nameOf(call)));
    this.#calls.push({
      from,
      to,
      label: detail === undefined ? name : `${name} ${detail}`,
      startNs: call.startNs ?? call.endNs,
      endNs: call.endNs,
      reply: this.#reply(call),
      failed: this.#options.isError(call),
      unfinished: call.end === 'unfinished' || call.end === 'closed',
    });
  }

  /** What was collected so far. */
  sequence(): Sequence {
    const startNs = this.#calls.reduce((least, call) => Math.min(least, call.startNs), Infinity);
    const arrows = this.#calls.flatMap((call, order) => arrowsOf(call, order, startNs));
    arrows.sort((a, b) => a.atNs - b.atNs || a.order - b.order);
    const { participants, indices } = this.#merged();
    const between = arrows.map((arrow) => ({
      ...arrow,
      from: indices[arrow.from] as number,
      to: indices[arrow.to] as number,
    }));
    return { participants, arrows: collapsed(between), omitted: this.#omitted };
  }

  /** Processes that only call become one where they have the same name. */
  #merged(): { participants: Participant[]; indices: number[] } {
    const servers = new Set(this.#calls.map(({ to }) => to));
    const participants: Participant[] = [];
    const clients = new Map<string, number>();
    const indices = this.#named.map((each, index) => {
      const place = servers.has(index) ? undefined : clients.get(each.comm);
      if (place === undefined) {
        const made = participants.push(each) - 1;
        if (!servers.has(index)) clients.set(each.comm, made);
        return made;
      }
      const { comm, processes } = participants[place] as Participant;
      participants[place] = { comm, pid: null, processes: processes + 1 };
      return place;
    });
    return { participants, indices };
  }

  #reply(call: Call): string {
    const { status, statusMessage, protocol, end, latencyNs } = call;
    const unknown = end === 'status' ? 'answered' : end;
    const outcome = status === null ? unknown : statusName(status, protocol);
    const time = latencyNs === null ? '' : ` ${milliseconds(latencyNs)}`;
    const said = statusMessage ? `: ${this.#options.clean(statusMessage)}` : '';
    return `${outcome}${time}${shortened(said, MAX_REPLY)}`;
  }

  /** Null when there is no room for another one. */
  #participant(peer: Peer | null, role: string, conn: string): number | null {
    const key = peer === null ? `${role} ${conn}` : `${peer.pid} ${peer.comm}`;
    const known = this.#participants.get(key);
    if (known !== undefined) return known;
    if (this.#named.length >= MAX_PARTICIPANTS) return null;
    const index =
      this.#named.push({ comm: peer?.comm ?? role, pid: peer?.pid ?? null, processes: 1 }) - 1;
    this.#participants.set(key, index);
    return index;
  }
}

type Ordered = Arrow & { readonly order: number };

function arrowsOf(call: Drawn, order: number, startNs: number): Ordered[] {
  const { from, to, label, reply, failed, unfinished } = call;
  const first: Ordered = {
    from,
    to,
    kind: 'call',
    label,
    atNs: call.startNs - startNs,
    times: 1,
    order,
  };
  if (unfinished) return [first];
  const kind = failed ? 'failure' : 'reply';
  return [
    first,
    { from: to, to: from, kind, label: reply, atNs: call.endNs - startNs, times: 1, order },
  ];
}

/** The same call several times in a row, each answered before the next, becomes one. */
function collapsed(arrows: readonly Ordered[]): Arrow[] {
  const result: { arrow: Arrow; times: number; outcome: string }[] = [];
  for (let i = 0; i < arrows.length; i++) {
    const arrow = arrows[i] as Ordered;
    const before = result.at(-2);
    const next = arrows[i + 1];
    const isPair = arrow.kind === 'call' && next?.order === arrow.order;
    if (isPair && before !== undefined && isSame(before.arrow, arrow)) {
      const last = result.at(-1) as (typeof result)[number];
      if (last.outcome === outcomeOf(next) && last.arrow.from === next.from) {
        before.times++;
        i++;
        continue;
      }
    }
    result.push({ arrow, times: 1, outcome: outcomeOf(arrow) });
  }
  return result.map(({ arrow, times }) => ({ ...arrow, times }));
}

function isSame(a: Arrow, b: Arrow): boolean {
  return a.kind === b.kind && a.from === b.from && a.to === b.to && a.label === b.label;
}

/** A reply without its time. */
function outcomeOf({ kind, label }: Arrow): string {
  return kind === 'call' ? '' : label.replace(/ [\d.]+ m?s\b/, '');
}

/** `RuntimeService/Version` of `/runtime.v1.RuntimeService/Version`; of HTTP without parameters. */
function shortName(method: string): string {
  return method.replace(/\?.*/s, '').replace(/^(~?)\/(?:[\w]+\.)*([\w]+\/)/, '$1$2');
}

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** Which process it is, in few words; '' if that is not known. */
export function whichProcess({ pid, processes }: Participant): string {
  if (processes > 1) return `${processes} processes`;
  return pid === null ? '' : `pid ${pid}`;
}

/** `0.42 ms`, `17 ms`, `2.5 s` */
export function milliseconds(ns: number): string {
  const ms = ns / 1e6;
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`;
}
