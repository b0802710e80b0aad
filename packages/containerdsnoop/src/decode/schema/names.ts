/** The full name of something inside of a package or a message. */
export function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

/**
 * The full name that a reference means. Compilers write `.full.Name`; a relative name is looked for
 * from the inside out.
 */
export function resolve(
  reference: string,
  scope: string,
  exists: (name: string) => boolean,
): string {
  if (reference.startsWith('.')) return reference.slice(1);
  for (let at = scope; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    if (exists(`${at}.${reference}`)) return `${at}.${reference}`;
  }
  return reference;
}
