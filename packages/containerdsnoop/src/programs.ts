import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Which program usually serves a socket, by the name of that. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/\/containerd\/s\//, 'containerd-shim-runc-v2'],
  [/containerd\.sock/, 'containerd'],
  [/docker\.sock$/, 'dockerd'],
  [/crio\.sock$/, 'crio'],
  [/buildkitd\.sock$/, 'buildkitd'],
];
/** Where daemons are installed by hand, beside PATH. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin'];

/** The installed program that will probably serve a socket at which nobody listens yet. */
export function programFor(address: string): string | undefined {
  const name = PROGRAMS.find(([pattern]) => pattern.test(address))?.[1];
  if (name === undefined) return undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
