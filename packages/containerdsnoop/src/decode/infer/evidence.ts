import type { Outcome } from '../grpc/headers.js';
import type { MessageType } from '../schema/schema.js';
import type { Candidate, Candidates } from './candidates.js';
import { fit, IMPOSSIBLE } from './fit.js';
import type { IdBook } from './ids.js';

/** What rules a method out, and by how much less likely anything makes it at most. */
const AGAINST = -100;
const FLOOR = -40;
/** What no method that is in the schema ever scores. */
const UNEXPLAINED = -50;
/** Messages of a stream that are looked at: those that follow look like them. */
const MESSAGES_READ = 4;
/** Of one message: what follows in a list looks like what comes first. */
const BYTES_READ = 4096;
const MENTIONED = 4;
const SINGLE_OR_LIST = 0.6;
/** A request that says no more than what it is about, where more is usual. */
const SAYS_TOO_LITTLE = -6;

/** What the messages of one call say about its method. */
export class Evidence {
  /** By index of candidate: the larger the likelier, in about log2. */
  readonly scores: Float64Array;
  /** Whether any of the methods has such calls. */
  isExplained = true;
  requests = 0;
  responses = 0;
  #candidates: Candidates;
  #ids: IdBook;
  #shape = '';

  constructor(candidates: Candidates, ids: IdBook) {
    this.#candidates = candidates;
    this.#ids = ids;
    this.scores = new Float64Array(candidates.list.length);
  }

  /** Calls that look alike have the same: they say the same, too. */
  get shape(): string {
    return this.#shape;
  }

  request(bytes: Uint8Array, whole: boolean): void {
    if (++this.requests <= MESSAGES_READ) this.#read('request', bytes, whole);
    if (this.requests === 1 && whole && hasAtMostOneField(bytes)) {
      for (const { index, demanding } of this.#candidates.list) {
        if (demanding) (this.scores[index] as number) += SAYS_TOO_LITTLE;
      }
    }
    if (this.requests === 2) this.#rule(({ clientStreaming }) => !clientStreaming);
  }

  response(bytes: Uint8Array, whole: boolean): void {
    if (++this.responses <= MESSAGES_READ) this.#read('response', bytes, whole);
    if (this.responses === 1) this.#preferForm(bytes);
    if (this.responses === 2) this.#rule(({ serverStreaming }) => !serverStreaming);
  }

  /** The call is over; `seenWhole` says that nothing of it was missed. */
  end({ status, message }: Outcome, seenWhole: boolean): void {
    if (seenWhole && status === 0 && this.responses === 0) {
      this.#rule(({ serverStreaming }) => !serverStreaming);
    }
    if (message !== null) this.#mention(message.toLowerCase());
    this.#shape += `;${status}`;
    this.#normalise();
  }

  #read(side: 'request' | 'response', bytes: Uint8Array, whole: boolean): void {
    const part = bytes.length > BYTES_READ ? bytes.subarray(0, BYTES_READ) : bytes;
    const isWhole = whole && part.length === bytes.length;
    const scores = new Map<MessageType, number>();
    for (const candidate of this.#candidates.list) {
      const type = candidate[side];
      let score = scores.get(type);
      if (score === undefined) {
        score = fit(type, part, isWhole, this.#ids);
        if (score === IMPOSSIBLE) score = AGAINST;
        scores.set(type, score);
      }
      (this.scores[candidate.index] as number) += score;
    }
    if (this.#shape.length < 200) this.#shape += `${side[2]}${shapeOf(part)}`;
  }

  // A list of one thing is rarer than one thing.
  #preferForm(bytes: Uint8Array): void {
    const first = bytes[0];
    if (first === undefined || first >= 0x80) return;
    for (const { index, response, serverStreaming } of this.#candidates.list) {
      const field = response.dense[first >> 3];
      if (field === undefined || serverStreaming) continue;
      (this.scores[index] as number) += field.repeated ? -SINGLE_OR_LIST : SINGLE_OR_LIST;
    }
  }

  #rule(isOut: (candidate: Candidate) => boolean): void {
    for (const candidate of this.#candidates.list) {
      if (isOut(candidate)) (this.scores[candidate.index] as number) += AGAINST;
    }
  }

  #mention(text: string): void {
    for (const { index, nouns } of this.#candidates.list) {
      if (nouns.some((noun) => text.includes(noun))) (this.scores[index] as number) += MENTIONED;
    }
  }

  #normalise(): void {
    const best = this.scores.reduce((most, score) => Math.max(most, score), IMPOSSIBLE);
    this.isExplained = best > UNEXPLAINED;
    for (const [index, score] of this.scores.entries()) {
      this.scores[index] = Math.max(FLOOR, score - best);
    }
  }
}

function hasAtMostOneField(bytes: Uint8Array): boolean {
  const [tag, length] = bytes;
  if (tag === undefined || length === undefined) return true;
  return (tag & 7) === 2 && length < 0x80 && 2 + length === bytes.length;
}

/** Which fields a message has at its top, and about how long it is. */
function shapeOf(bytes: Uint8Array): string {
  let shape = `${32 - Math.clz32(bytes.length)}:`;
  let last = -1;
  let at = 0;
  while (at < bytes.length && shape.length < 60) {
    const tag = bytes[at++] as number;
    if (tag >= 0x80) break;
    if (tag !== last) shape += `${tag.toString(36)}.`;
    last = tag;
    const wire = tag & 7;
    if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      let value = 0;
      for (let shift = 0; at < bytes.length; shift += 7) {
        const octet = bytes[at++] as number;
        value += (octet & 0x7f) * 2 ** shift;
        if (octet < 0x80) break;
      }
      if (wire === 2) at += value;
    }
  }
  return shape;
}
