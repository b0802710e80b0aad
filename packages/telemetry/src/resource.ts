import { hostname } from 'node:os';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Settings } from './messages.js';

/** Who says it all, in OpenTelemetry's conventions. */
export function resourceOf({ tool, version, node }: Settings): Resource {
  const host = hostname();
  return resourceFromAttributes({
    'service.name': `imagesnoop-${tool}`,
    'service.version': version,
    // One of each tool runs on a node, and goes on after a restart.
    'service.instance.id': node ?? host,
    'host.name': host,
    ...(node === undefined ? {} : { 'k8s.node.name': node }),
  });
}
