/** A chdir that changes nothing, to see whether the hooks fire. */
export function trigger(): void {
  process.chdir('.');
}
