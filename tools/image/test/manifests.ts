/** deploy/ as kustomize renders it. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../setup/paths.mjs';
import { ensureKustomize } from '../programs.mjs';

/** The client of the Kubernetes API, and what it reads YAML with, lie beside the package that uses it. */
const fromSneakpeek = createRequire(join(ROOT, 'packages', 'sneakpeek', 'package.json'));
const client = fromSneakpeek.resolve('@kubernetes/client-node');
const yaml = createRequire(client)('js-yaml') as { loadAll(text: string): unknown[] };
const { ObjectSerializer } = (await import(
  join(client, '..', 'gen', 'models', 'ObjectSerializer.js')
)) as {
  ObjectSerializer: {
    deserialize(value: unknown, type: string): unknown;
    serialize(value: unknown, type: string): unknown;
  };
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { name: string; value?: string; valueFrom?: object }[];
  readonly securityContext: {
    readonly runAsUser: number;
    readonly readOnlyRootFilesystem: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly seccompProfile: { readonly type: string };
    readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly: boolean }[];
}

/** What the tests read of a manifest. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly hostPID: boolean;
        readonly containers: readonly [Container];
        readonly volumes: readonly { name: string; hostPath: { path: string } }[];
      };
    };
  };
}

/** @param folder below deploy/ */
export function rendered(folder: string): Manifest[] {
  const path = join(ROOT, 'deploy', folder);
  const text = execFileSync(ensureKustomize(), ['build', path], { encoding: 'utf8' });
  return yaml.loadAll(text) as Manifest[];
}

/** The object with only what the types of the API know: equal to it, unless something is misspelt. */
export function known(manifest: Manifest): unknown {
  const type = `V1${manifest.kind}`;
  const object = ObjectSerializer.serialize(ObjectSerializer.deserialize(manifest, type), type);
  return JSON.parse(JSON.stringify(object));
}
