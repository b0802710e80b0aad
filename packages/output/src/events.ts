import type { Lost, Source } from './source.js';

/** Losses as the library forms of the tools yield them, between the events. */
export interface LostEvent extends Lost {
  readonly type: 'lost';
}

/**
 * The rows of a source as objects of their own, one at a time: the library form of a tool. The
 * source is closed at the end, however that comes.
 *
 * @param signal ends it; so does leaving the loop
 */
export async function* events<Event, Row>(
  source: Source<Row>,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Event | LostEvent, void, void> {
  const { fields } = source;
  try {
    for await (const { rows, lost } of source.batches(signal)) {
      for (const loss of lost) yield { type: 'lost', ...loss };
      for (const row of rows) {
        yield Object.fromEntries(fields.map(({ name, value }) => [name, value(row)])) as Event;
      }
    }
  } finally {
    await source.close();
  }
}
