/** The files in which runc and crun keep what they know of a container. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessClaim } from '../attach.js';
import type { Labels } from '../labels.js';
import { count, list, object, text, texts } from '../narrow.js';

/** What a state file says; `pid` is 0 while the first process is not made yet. */
export interface RuntimeState extends ProcessClaim {
  /** The OCI annotations; null when the file has none and the bundle has to be asked. */
  readonly labels: Labels | null;
  /** The directory that the container was made from; null when not told. */
  readonly bundle: string | null;
}

/** runc keeps annotations as `key=value` strings among its labels. */
function labelsOf(value: unknown): Labels {
  const labels: Record<string, string> = {};
  for (const item of list(value)) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(String(item)) ?? [];
    if (key !== undefined && value !== undefined) labels[key] = value;
  }
  return labels;
}

/** Reads runc's state.json or crun's status; null when the text is neither. */
export function parseState(json: string, cgroupMount: string | null): RuntimeState | null {
  let state: Readonly<Record<string, unknown>>;
  try {
    state = object(JSON.parse(json));
  } catch {
    return null;
  }
  const startTicks = count(state.init_process_start) ?? count(state['process-start-time']);
  const unified = text(object(state.cgroup_paths)['']);
  const inMount =
    unified !== undefined && cgroupMount !== null && unified.startsWith(`${cgroupMount}/`);
  const labels = state.config === undefined ? null : labelsOf(object(state.config).labels);
  return {
    pid: count(state.init_process_pid) ?? count(state.pid) ?? 0,
    ...(startTicks === undefined ? {} : { startTicks }),
    cgroupPath: inMount ? unified.slice(cgroupMount?.length) : (text(state['cgroup-path']) ?? null),
    labels,
    bundle: labels?.bundle ?? text(state.bundle) ?? null,
  };
}

/** Annotations from the bundle's own config.json (OCI runtime-spec, config.md), which crun needs. */
export function bundleAnnotations(bundle: string): Labels {
  try {
    return texts(object(JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'))).annotations);
  } catch {
    return {};
  }
}

/**
 * Name and image of a Podman container from Podman's own list, beside its bundles: Podman has no
 * daemon, and its socket is mostly off. (containers/storage, `overlay-containers/containers.json`)
 */
export function podmanNames(
  bundle: string,
  id: string,
): { name: string | null; image: string | null } {
  try {
    const file = join(bundle, '../../containers.json');
    const records = list(JSON.parse(readFileSync(file, 'utf8'))).map(object);
    const record = records.find((each) => each.id === id);
    const metadata = object(JSON.parse(text(record?.metadata) ?? '{}'));
    return {
      name: text(list(record?.names)[0]) ?? null,
      image: text(metadata['image-name']) ?? null,
    };
  } catch {
    return { name: null, image: null };
  }
}
