import { NO_CONTENT } from './content.js';
import type { Call, Message } from './decode/message.js';
import type { Content } from './rows.js';

/** The first request and the last response of one call. */
interface Pair {
  request: Content | null;
  response: Content | null;
}

/** Calls under way whose messages are kept; the oldest are shown without. */
const MAX_PAIRS = 4096;

/** Keeps the messages of calls until these are over, for `--pair`. */
export class Pairs {
  readonly #pairs = new Map<string, Pair>();

  /** @param contentOf is asked for what is kept alone */
  add(message: Message, contentOf: (message: Message) => Content): void {
    const key = keyOf(message);
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { request: null, response: null };
      if (this.#pairs.size >= MAX_PAIRS) this.#forgetOldest();
      this.#pairs.set(key, pair);
    }
    if (message.type === 'request') pair.request ??= contentOf(message);
    else pair.response = contentOf(message);
  }

  /** What was said in this call, which is forgotten. */
  take(call: Call): Content {
    const key = keyOf(call);
    const pair = this.#pairs.get(key);
    this.#pairs.delete(key);
    const request = pair?.request?.as(call.method) ?? null;
    const response = pair?.response?.as(call.method) ?? null;
    if (request === null && response === null) return NO_CONTENT;
    return both(request, response);
  }

  #forgetOldest(): void {
    for (const key of this.#pairs.keys()) {
      this.#pairs.delete(key);
      return;
    }
  }
}

function keyOf({ conn, stream }: { conn: string; stream: number }): string {
  return `${conn} ${stream}`;
}

function both(request: Content | null, response: Content | null): Content {
  return {
    text(characters) {
      const asked = request?.text(characters) ?? '';
      const answered = response?.text(characters) ?? '';
      return answered === '' ? asked : `${asked}${asked === '' ? '' : ' '}=> ${answered}`;
    },
    json(out) {
      out.string('{"request":');
      (request ?? NO_CONTENT).json(out);
      out.string(',"response":');
      (response ?? NO_CONTENT).json(out);
      out.string('}');
    },
    as: (method) => both(request?.as(method) ?? null, response?.as(method) ?? null),
  };
}
