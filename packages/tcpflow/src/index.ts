import type { Cursor } from '@imagesnoop/loader';
import { events, type LostEvent } from '@imagesnoop/output';
import type { Flow, FlowEvent } from './columns.js';
import { type FlowEventsOptions, openFlowEvents } from './events.js';
import { type FlowsOptions, openFlows } from './flows.js';
import { planFor } from './plan.js';

export type { LostEvent } from '@imagesnoop/output';
export type { AlertLimits } from './alert.js';
export type { Flow, FlowEvent } from './columns.js';
export type { FlowEventsOptions } from './events.js';
export type { FlowsOptions } from './flows.js';
export { openFlowEvents, openFlows };

/** What the kernel is asked for by default, for those who ask whether it can. */
export const plan = planFor({ events: true });

interface Aborted {
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Flows: how often each process connects where and accepts from where by TCP, counted in the kernel
 * from when the first one is asked for. They come when `signal` aborts, and at each interval if there
 * is one; alerts come at once. Unlike the command, it does not give up root unless `drop` is set: the
 * process is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const flow of flows({ signal: AbortSignal.timeout(5000) })) {
 *   if (flow.type === 'flow') console.log(flow.comm, flow.daddr, flow.rport, flow.count);
 * }
 */
export async function* flows({
  signal,
  ...options
}: FlowsOptions & Aborted = {}): AsyncGenerator<Flow | LostEvent, void, void> {
  const source = await openFlows({ drop: false, ...options });
  yield* events<Flow, Cursor>(source, signal);
}

/**
 * Each connect, accept and close by TCP, those that are open already first, until `signal` aborts or
 * the loop is left. Root and errors as with `flows()`.
 *
 * @example
 * for await (const event of flowEvents({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'close') console.log(event.flow, event.end, event.rx_bytes);
 * }
 */
export async function* flowEvents({
  signal,
  ...options
}: FlowEventsOptions & Aborted = {}): AsyncGenerator<FlowEvent | LostEvent, void, void> {
  const source = await openFlowEvents({ drop: false, ...options });
  yield* events<FlowEvent, Cursor>(source, signal);
}
