import type { Containers } from '@imagesnoop/containers';
import {
  openSession,
  type Session,
  type SessionOptions,
  type TracerPlan,
} from '@imagesnoop/loader';
import type { AlertLimits } from './alert.js';
import { hooksFor } from './hooks.js';
import { listPresent } from './present.js';
import { trigger } from './trigger.js';

/** Flows that are told by `alert` once; those told longest ago may be told again. */
const MAX_ALERTS = 65_536;
/** Connections open at one time. */
const MAX_OPEN_FLOWS = 65_536;
const NS_PER_S = 1e9;

/** What both forms of the tool may be asked for. */
export interface FlowOptions extends SessionOptions {
  /** Only IPv4 or only IPv6; a dual-stack socket counts as what it talks. */
  readonly family?: 4 | 6 | undefined;
}

export function planFor({ events }: { readonly events: boolean }): TracerPlan {
  const object = new URL('../bpf/tcpflow.bpf.o', import.meta.url);
  const programs = events ? ['task_file_iter'] : [];
  return { object, hooks: hooksFor({ events }), programs, trigger, aggregates: !events };
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** Counts calls from here on. */
export function openTable(
  { family, ...options }: FlowOptions,
  alert: AlertLimits | undefined,
): Promise<Session<Containers>> {
  return openSession(planFor({ events: false }), openContainers, {
    ...options,
    rodata: {
      filter_family: family ?? 0,
      cfg_alert: alert !== undefined,
      alert_count: alert?.count ?? 0,
      alert_mtbs_ns: Math.round((alert?.mtbs ?? 0) * NS_PER_S),
      ...options.rodata,
    },
    mapSizes: { ...(alert === undefined ? {} : { alerts: MAX_ALERTS }), ...options.mapSizes },
  });
}

/** Tells events from here on; `present` are the connections that were open by then. */
export async function openEvents({ family, ...options }: FlowOptions): Promise<{
  readonly session: Session<Containers>;
  readonly present: Uint8Array;
}> {
  let present = new Uint8Array();
  const session = await openSession(
    planFor({ events: true }),
    openContainers,
    {
      ...options,
      rodata: { filter_family: family ?? 0, cfg_events: true, ...options.rodata },
      mapSizes: { flows: 1, open_flows: MAX_OPEN_FLOWS, ...options.mapSizes },
    },
    (tracer) => {
      present = Uint8Array.from(listPresent(tracer));
    },
  );
  return { session, present };
}
