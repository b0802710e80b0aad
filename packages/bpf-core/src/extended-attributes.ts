import { native } from './native.js';

/**
 * The extended attributes of a file, by name; of a symbolic link its own. Empty where the file
 * system has none. `trusted.*` ones show with CAP_SYS_ADMIN only.
 *
 * @param path bytes, since a path may be no valid text; at most 4095
 * @throws BpfError BPF_FILE_FAILED with the errno, BPF_INVALID_ARGUMENT
 */
export function extendedAttributes(path: Uint8Array): Map<string, Uint8Array> {
  const found = native.extendedAttributes(path);
  const attributes = new Map<string, Uint8Array>();
  for (let i = 0; i < found.length; i += 2) {
    attributes.set(
      Buffer.from(found[i] as Uint8Array).toString('latin1'),
      found[i + 1] as Uint8Array,
    );
  }
  return attributes;
}
