import { Latencies } from './latencies.js';
import { type CallRow, failed, methodText } from './rows.js';

/** The calls of one method. */
export interface MethodSummary {
  /** `~` in front where it was concluded. */
  readonly method: string;
  readonly protocol: string;
  readonly calls: number;
  readonly errors: number;
  readonly latencies: Latencies;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** More methods than a node's runtimes have; of HTTP, any client may invent paths. */
const MAX_METHODS = 2048;
const OTHERS = 'others';

/** Counts calls by method. */
export class Summary {
  #methods = new Map<string, { -readonly [Key in keyof MethodSummary]: MethodSummary[Key] }>();

  add(row: CallRow): void {
    const known = this.#of(row);
    known.calls++;
    if (failed(row)) known.errors++;
    if (row.latencyNs !== null) known.latencies.add(row.latencyNs);
    known.requestBytes += row.requestBytes ?? 0;
    known.responseBytes += row.responseBytes ?? 0;
  }

  /** Those called most come first. */
  rows(): MethodSummary[] {
    return [...this.#methods.values()].sort(
      (a, b) => b.calls - a.calls || (a.method < b.method ? -1 : 1),
    );
  }

  #of(row: CallRow) {
    const { protocol } = row;
    const name = row.protocol === 'http' ? withoutQuery(methodText(row)) : methodText(row);
    const full = this.#methods.size >= MAX_METHODS && !this.#methods.has(name);
    const method = full ? OTHERS : name;
    let known = this.#methods.get(method);
    if (known === undefined) {
      const none = { calls: 0, errors: 0, requestBytes: 0, responseBytes: 0 };
      known = { method, protocol, latencies: new Latencies(), ...none };
      this.#methods.set(method, known);
    }
    return known;
  }
}

/** `GET /v1.41/containers/ID/json?size=0` has too many names to be counted by. */
function withoutQuery(method: string): string {
  return method.replace(/\?.*$/, '').replace(/\/[0-9a-f]{12,64}(?=\/|$)/g, '/{id}');
}
