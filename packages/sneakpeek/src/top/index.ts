import { once } from 'node:events';
import type { ContainerInfo } from '@imagesnoop/containers';
import type { Batch, Source } from '@imagesnoop/output';
import { openWatchSession, type WatchOptions } from '../watch/index.js';
import { activityFields } from './columns.js';
import { type ActivityRow, Counts } from './counts.js';
import { FileCounts } from './file-counts.js';
import { Keys, keyboard } from './keys.js';
import { TopScreen } from './screen.js';
import { Selection } from './selection.js';

export interface TopOptions extends WatchOptions {
  /** How often the screen is made anew. */
  readonly intervalMs: number;
}

/** Counts what containers do, in the kernel; each interval makes a picture, each key changes it. */
export async function openTop({
  intervalMs,
  ...options
}: TopOptions): Promise<Source<ActivityRow>> {
  let redraw = (): void => {};
  // Both need root, which is given up below.
  const terminal = keyboard();
  const files = new FileCounts(() => redraw());
  const session = await openWatchSession(options, true).catch((error) => {
    files.close();
    throw error;
  });
  const { tracer, containers } = session;
  const counts = new Counts(tracer.map('counts'), containers);
  const named = options.select?.containers ?? [];
  const isWanted = ({ name, id }: ContainerInfo): boolean =>
    named.length === 0 || named.some((each) => each === name || id.startsWith(each));
  const filesOf = (id: string) => files.of(id)?.files ?? null;
  const selection = new Selection();
  let isShown = false;
  /** Reads keys while someone can see what they do. */
  const listen = (): Keys | null => {
    if (terminal === null || !isShown) return null;
    return new Keys(
      terminal,
      (key) => {
        const before = selection.opened;
        selection.press(key);
        if (selection.opened !== before) files.lookInto(selection.opened);
        redraw();
      },
      () => process.emit('SIGINT', 'SIGINT'),
    );
  };
  return {
    fields: activityFields(),
    attachedMs: session.attachedMs,
    snapshots: true,
    view: (screen) => {
      if (terminal === null || screen.height === undefined) return undefined;
      isShown = true;
      return new TopScreen(screen, selection, (id) => files.of(id));
    },
    async *batches(signal): AsyncGenerator<Batch<ActivityRow>> {
      await containers.ready;
      const keys = listen();
      // At once, whatever is still under way: a second Ctrl-C may end the process without more ado.
      signal.addEventListener('abort', () => keys?.close());
      try {
        let rows = counts.look(isWanted, filesOf);
        let due = performance.now() + intervalMs;
        while (!signal.aborted) {
          const woken = await pause(due - performance.now(), signal, (wake) => {
            if (isShown) redraw = wake;
          });
          if (!woken) {
            rows = counts.look(isWanted, filesOf);
            files.keep(new Set(rows.map(({ id }) => id)));
            due = performance.now() + intervalMs;
          }
          selection.follow(rows.map(({ id }) => id));
          const heading = `${new Date().toTimeString().slice(0, 8)}  ${rows.length} containers`;
          yield { rows, lost: [], snapshot: { heading, last: signal.aborted } };
        }
      } finally {
        keys?.close();
      }
    },
    notes: () => session.notes(),
    summary: () => '',
    close: () => {
      files.close();
      return session.close();
    },
  };
}

/**
 * Waits, but not longer than the signal lets it.
 *
 * @param offer is given what ends it early
 * @returns whether that was called
 */
async function pause(
  ms: number,
  signal: AbortSignal,
  offer: (wake: () => void) => void,
): Promise<boolean> {
  if (signal.aborted) return false;
  const done = new AbortController();
  let woken = false;
  offer(() => {
    woken = true;
    done.abort();
  });
  const timer = setTimeout(() => done.abort(), Math.max(ms, 0));
  await once(AbortSignal.any([done.signal, signal]), 'abort');
  clearTimeout(timer);
  return woken && !signal.aborted;
}
