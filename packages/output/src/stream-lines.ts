import type { Field } from './field.js';
import { constant, text, time, uint } from './fields.js';
import type { Lost, Summary } from './source.js';

const now = () => Number(process.hrtime.bigint());

/** The line of a loss within JSON Lines. */
export const lostFields: readonly Field<Lost>[] = [
  constant('type', 'lost', { description: 'kind of line' }),
  time('time', now, { description: 'when the loss was noticed' }),
  uint('count', (lost) => lost.count, { description: 'events lost since the last such line' }),
  text('cause', (lost) => lost.cause, {
    description:
      'ring_buffer_full, map_full, hold_full, recursion (count: at most), truncated or decode; otlp_full or otlp_failed: only the collector lacks them',
  }),
  uint('total', (lost) => lost.total, { description: 'events lost to this cause since the start' }),
  text('hint', (lost) => lost.hint, { description: 'what to do about it' }),
];

/** The last line of `-o json`: proof that the stream is complete. */
export const summaryFields: readonly Field<Summary>[] = [
  constant('type', 'summary', { description: 'kind of line' }),
  time('time', now, { description: 'when the run ended' }),
  uint('events', (summary) => summary.events, { description: 'events of this run' }),
  uint('lost', (summary) => summary.lost, {
    description: 'events that never became lines; with `events` all that happened',
  }),
  uint('truncated', (summary) => summary.truncated, {
    description: 'lines in which something is cut',
  }),
  uint('unsent', (summary) => summary.unsent, {
    description: 'events that the collector of --otlp has not got; null without it',
  }),
  uint('duration_ms', (summary) => Math.round(summary.durationMs), {
    description: 'length of the run',
    unit: 'ms',
  }),
];
