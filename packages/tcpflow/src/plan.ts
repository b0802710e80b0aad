import type { Containers } from '@imagesnoop/containers';
import {
  type Cursor,
  type OwnerReaders,
  openSession,
  type Session,
  type SessionOptions,
  type Tracer,
  type TracerPlan,
} from '@imagesnoop/loader';
import type { Owner } from '@imagesnoop/output';
import { hooksFor } from './hooks.js';
import { trigger } from './trigger.js';

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

/** Attaches for the table, or for events. */
export function openFlowSession(
  { events }: { readonly events: boolean },
  { family, ...options }: FlowOptions,
  whilePrivileged?: (tracer: Tracer) => void,
): Promise<Session<Containers>> {
  const rodata = { ...options.rodata, cfg_events: events, filter_family: family ?? 0 };
  return openSession(planFor({ events }), openContainers, { ...options, rodata }, whilePrivileged);
}

/** The owner's readers, with its container. */
export function ownerOf(session: Session<Containers>, owner: OwnerReaders): Owner<Cursor> {
  const whose = (row: Cursor) =>
    session.containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  return { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s };
}
