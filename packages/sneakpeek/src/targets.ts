import { readFileSync } from 'node:fs';
import {
  type ContainerInfo,
  graphDriverRoot,
  inspectedContainers,
  type OverlayRoot,
  Storage,
  type StorageOptions,
} from '@imagesnoop/containers';
import { SneakpeekError } from './errors.js';

/** Which containers of this machine are meant; see the options of these names. */
export interface Which {
  /** Names, ids or prefixes of ids; none is all. */
  readonly container?: readonly string[] | undefined;
  /** Saved output of docker inspect. */
  readonly file?: string | undefined;
  readonly engine?: 'docker' | 'containerd' | 'cri' | 'podman' | undefined;
  /** Names of pods whose containers are left out. */
  readonly exclude?: readonly string[] | undefined;
}

/** A container, and where its files are. */
export interface Target {
  readonly container: ContainerInfo;
  readonly root: OverlayRoot;
}

/** What could not be looked at. */
export interface Missed {
  readonly container: ContainerInfo;
  readonly why: string;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Containers among all of the machine's whose files are not to be had. */
  readonly missed: readonly Missed[];
  readonly notes: readonly string[];
}

/**
 * Finds the containers that are meant and where their files are. A container that was named and whose
 * files are not to be had is an error; among all of a machine it is told of.
 *
 * @param images also the layers of this container or image, in `against`
 * @throws ContainersError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS, ROOT_UNKNOWN, IMAGE_UNKNOWN;
 *   SneakpeekError INSPECT_UNUSABLE
 */
export async function findTargets(
  which: Which,
  against?: string,
  options: StorageOptions = {},
): Promise<Targets & { against: Against | null }> {
  const named = which.container ?? [];
  if (which.file !== undefined) {
    const targets = fromInspect(which.file).filter(({ container }) => isNamed(container, named));
    if (against === undefined) return { targets, missed: [], notes: [], against: null };
    const storage = await Storage.open(options);
    try {
      return { targets, missed: [], notes: storage.notes, against: await other(storage, against) };
    } finally {
      storage.close();
    }
  }
  const kinds = which.engine === undefined ? {} : { kinds: [which.engine] };
  const storage = await Storage.open({ ...options, ...kinds });
  try {
    const exclude = which.exclude ?? [];
    const chosen = (named.length === 0 ? storage.containers : storage.find(named)).filter(
      (container) => !isLeftOut(container, exclude),
    );
    const targets: Target[] = [];
    const missed: Missed[] = [];
    for (const container of chosen) {
      try {
        targets.push({ container, root: await storage.root(container) });
      } catch (error) {
        if (named.length > 0) throw error;
        missed.push({ container, why: (error as Error).message });
      }
    }
    const base = against === undefined ? null : await other(storage, against);
    return { targets, missed, notes: storage.notes, against: base };
  } finally {
    storage.close();
  }
}

/** The one container of that name. @throws as `findTargets()`, and SneakpeekError INSPECT_UNUSABLE */
export async function oneTarget(
  name: string,
  { against, ...which }: Which & { readonly against?: string | undefined },
): Promise<{ target: Target; against: Against | null }> {
  const found = await findTargets({ ...which, container: [name] }, against);
  const [target] = found.targets;
  if (target !== undefined) return { target, against: found.against };
  const hint = 'The file has other containers.';
  throw new SneakpeekError('INSPECT_UNUSABLE', `${which.file}: no container ${name}`, hint);
}

/** Is it a container of a pod that is to be left out? */
export const isLeftOut = ({ k8s }: ContainerInfo, excluded: readonly string[]): boolean =>
  k8s !== null && excluded.includes(k8s.pod);

/** Layers to compare with, topmost first. */
export type Against = Pick<OverlayRoot, 'attributes'> & { readonly layers: readonly string[] };

/** A container of this name, else an image. */
async function other(storage: Storage, name: string): Promise<Against> {
  const found = isContainerName(name) ? notFoundIsNone(() => storage.find([name])[0]) : undefined;
  if (found === undefined) return { layers: await storage.image(name), attributes: 'trusted' };
  const { upper, lowers, attributes } = await storage.root(found);
  return { layers: upper === null ? lowers : [upper, ...lowers], attributes };
}

/** References of images may have slashes and colons, names of containers have none. */
const isContainerName = (name: string): boolean => !/[/:@]/.test(name);

function notFoundIsNone<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if ((error as { code?: string }).code === 'CONTAINER_NOT_FOUND') return undefined;
    throw error;
  }
}

const isNamed = ({ id, name }: ContainerInfo, named: readonly string[]): boolean =>
  named.length === 0 ||
  named.some((each) => name === each || (each.length > 1 && id.startsWith(each)));

/** The containers in a saved output of docker inspect. @throws SneakpeekError INSPECT_UNUSABLE */
function fromInspect(path: string): Target[] {
  const unusable = (why: string, cause?: unknown) =>
    new SneakpeekError(
      'INSPECT_UNUSABLE',
      `${path}: ${why}`,
      'Save the output of `docker inspect CONTAINER` on the host of that container.',
      cause,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw unusable((error as Error).message, error);
  }
  const inspected = inspectedContainers(parsed);
  if (inspected.length === 0) throw unusable('no container in it');
  return inspected.map((each) => {
    const root = graphDriverRoot(each);
    const id = String(each.Id);
    if (root === null) throw unusable(`container ${id.slice(0, 12)} has no GraphDriver`);
    if ('why' in root) throw unusable(`container ${id.slice(0, 12)}: ${root.why}`);
    return { container: infoOf(id, each), root };
  });
}

function infoOf(id: string, inspected: Readonly<Record<string, unknown>>): ContainerInfo {
  const { Name, Config } = inspected;
  const image = (Config as { Image?: unknown } | undefined)?.Image;
  const unknown = { k8s: null, pid: null, mntns: null, cgroupId: null } as const;
  return {
    ...unknown,
    id,
    name: typeof Name === 'string' ? Name.replace(/^\//, '') : null,
    image: typeof image === 'string' ? image : null,
    runtime: 'docker',
  };
}
