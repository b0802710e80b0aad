import { readlinkSync } from 'node:fs';
import type { Source } from '@imagesnoop/output';
import { Blocks } from './blocks.js';
import { type SessionRow, sessionFields } from './columns.js';
import { Durations } from './durations.js';
import { COUNT, type Session, type SessionReader } from './event.js';
import { type Following, follow } from './follow.js';
import { type ContainerNamespaces, OWN_NAMESPACE } from './network-namespaces.js';
import { SessionTable } from './session-table.js';

/** What is shown, and when. */
export interface Pictures {
  /** Milliseconds between two pictures of all sessions; default 2000. */
  readonly intervalMs?: number | undefined;
  /** Only the first of each picture. */
  readonly top?: number | undefined;
  /** Which come first; default rate. */
  readonly sort?: 'rate' | 'bytes' | 'packets' | 'duration' | undefined;
  /** Milliseconds of silence after which a session counts as ended; default five minutes. */
  readonly idleMs?: number | undefined;
  /** File to which durations of finished sessions are appended. */
  readonly durations?: string | undefined;
  /** Picture of the durations' histogram, made at the end: a name that ends with .svg or .png. */
  readonly plot?: string | undefined;
}

interface Parts {
  readonly session: {
    readonly tracer: Following['tracer'];
    readonly containers: ContainerNamespaces;
    notes(): readonly string[];
    close(): void;
  };
  readonly watch: Following['watch'];
  readonly reader: SessionReader;
  readonly failed: Promise<never>;
  readonly attachedMs: number;
  readonly pictures: Pictures;
}

const INTERVAL_MS = 2000;
const IDLE_MS = 300_000;

const ORDERS = {
  rate: ({ bytesPerS }: SessionRow) => bytesPerS ?? 0,
  bytes: ({ tx, rx }: SessionRow) => tx.bytes + rx.bytes,
  packets: ({ tx, rx }: SessionRow) => tx.packets + rx.packets,
  duration: ({ durationNs }: SessionRow) => durationNs,
};

/** Sessions as rows, and what people see beside them. */
export function sessionSource(parts: Parts): Source<SessionRow> {
  const { session, watch, reader, failed, attachedMs, pictures } = parts;
  const { intervalMs = INTERVAL_MS, idleMs = IDLE_MS, sort = 'rate', top } = pictures;
  const { tracer, containers } = session;
  const { places } = reader;
  const table = new SessionTable(tracer, reader, idleMs);
  const durations = new Durations(places, pictures.durations, pictures.plot);
  const whose = ({ owner }: SessionRow) =>
    owner === null ? null : containers.containers.json(owner.mntns, owner.cgroupId, owner.pid);
  const order = ORDERS[sort];
  const following = {
    ...{ tracer, watch, reader, table, intervalMs, failed, heading },
    arrange: (rows: SessionRow[]) => rows.sort((a, b) => order(b) - order(a)).slice(0, top),
    isShown: shownBy(containers),
    onEnded: (row: SessionRow) => durations.add(row),
  };
  return {
    fields: sessionFields(places, {
      container: (row) => whose(row)?.container ?? null,
      k8s: (row) => whose(row)?.k8s ?? null,
    }),
    snapshots: true,
    view: ({ height }) => (height === undefined ? new Blocks(places, heading) : undefined),
    async *batches(signal) {
      for await (const batch of follow(following, signal)) {
        durations.flush();
        yield batch;
      }
      durations.finish();
    },
    epilogue: () => (durations.isWanted ? durations.lines() : []),
    attachedMs,
    summary: ({ events, lost }) => `${events} events, ${lost} lost; ${besides(table)}`,
    notes: () => [
      ...session.notes(),
      ...Array.from(watch.interfaces, interfaceNote),
      ...watch.notes,
    ],
    async close() {
      await watch.close();
      session.close();
      durations.close();
    },
  };
}

/**
 * A session whose process is not known (a port that nobody listens on, say) passes no filter. But in a
 * container's own network namespace it is the container's all the same.
 */
function shownBy(containers: ContainerNamespaces): (session: Session) => boolean {
  const own = Number(/\d+/.exec(readlinkSync(OWN_NAMESPACE))?.[0]);
  return ({ wanted, netns }) => wanted ?? (containers.paths !== undefined && netns !== own);
}

const interfaceNote = ({ name, netns }: { name: string; netns: number }): string =>
  `interface ${name} of network namespace ${netns}`;

/** What else passed: with the rows it is all that the interfaces have counted. */
function besides(table: SessionTable): string {
  const [packets, bytes] = [COUNT.otherSkbs, COUNT.otherBytes].map((each) => table.count(each));
  const [loose = 0, looseBytes] = [COUNT.looseSkbs, COUNT.looseBytes].map((each) =>
    table.count(each),
  );
  const fragments =
    loose === 0 ? '' : `, fragments without their first: ${loose}, ${looseBytes} bytes`;
  return `not TCP: ${packets} packets, ${bytes} bytes${fragments}`;
}

/** As the original: `Trace at: 17:09:04`, local time. */
function heading(): string {
  const date = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `Trace at: ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
