import { once } from 'node:events';
import type { ContainerInfo } from '@imagesnoop/containers';
import type { Batch, Source } from '@imagesnoop/output';
import { openWatchSession, type WatchOptions } from '../watch/index.js';
import { activityFields } from './columns.js';
import { type ActivityRow, Counts } from './counts.js';

export interface TopOptions extends WatchOptions {
  /** How often the screen is made anew. */
  readonly intervalMs: number;
}

/** Counts what containers do, in the kernel; each interval makes a picture. */
export async function openTop({
  intervalMs,
  ...options
}: TopOptions): Promise<Source<ActivityRow>> {
  const session = await openWatchSession(options, true);
  const { tracer, containers } = session;
  const counts = new Counts(tracer.map('counts'), containers);
  const named = options.select?.containers ?? [];
  const isWanted = ({ name, id }: ContainerInfo): boolean =>
    named.length === 0 || named.some((each) => each === name || id.startsWith(each));
  return {
    fields: activityFields(),
    attachedMs: session.attachedMs,
    snapshots: true,
    async *batches(signal): AsyncGenerator<Batch<ActivityRow>> {
      await containers.ready;
      counts.look(isWanted);
      while (!signal.aborted) {
        await interval(intervalMs, signal);
        const rows = counts.look(isWanted);
        const heading = `${new Date().toTimeString().slice(0, 8)}  ${rows.length} containers`;
        yield { rows, lost: [], snapshot: { heading, last: signal.aborted } };
      }
    },
    notes: () => session.notes(),
    summary: () => '',
    close: () => session.close(),
  };
}

/** Waits, but not longer than the signal lets it. */
async function interval(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const done = new AbortController();
  const timer = setTimeout(() => done.abort(), ms);
  await once(AbortSignal.any([done.signal, signal]), 'abort');
  clearTimeout(timer);
}
