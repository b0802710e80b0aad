import type { Labels } from './metric.js';

interface Container {
  readonly id: string;
  readonly name: string | null;
}

interface Pod {
  readonly namespace: string;
  readonly pod: string;
}

/** Names of OpenTelemetry's conventions for labels. */
const NAMES: Readonly<Record<string, string>> = { error: 'error.type', method: 'rpc.method' };

/** A container's id as runtimes show it. */
const SHORT_ID = 12;

/**
 * What a field says of an event in labels: texts out of a few. What is null says nothing.
 *
 * @param value as JSON has it
 */
export function labelsOf(field: string, value: unknown): Labels {
  if (value === null || value === undefined) return {};
  if (field === 'container') {
    const { id, name } = value as Container;
    return { 'container.name': name ?? id.slice(0, SHORT_ID) };
  }
  if (field === 'k8s') {
    const { namespace, pod } = value as Pod;
    return { 'k8s.namespace.name': namespace, 'k8s.pod.name': pod };
  }
  return { [NAMES[field] ?? field]: String(value) };
}
