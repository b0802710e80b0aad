import { type CallRow, failed, type RowType } from './rows.js';

/** Which rows are wanted; what is left out filters nothing. */
export interface RowFilters {
  /** Globs over the whole path or its last part: `*Image*`, `/runtime.v1.*`, `PullImage`. */
  readonly methods?: readonly string[];
  /** Globs over `package.Service` or its last part: `Tasks`, `runtime.v1.*`. */
  readonly services?: readonly string[];
  readonly types?: readonly RowType[];
  /** Numbers of grpc-status or of HTTP. */
  readonly statuses?: readonly number[];
  /** Either side. */
  readonly pids?: { readonly mode: 'include' | 'exclude'; readonly values: ReadonlySet<number> };
  readonly comms?: { readonly mode: 'include' | 'exclude'; readonly values: ReadonlySet<string> };
  /** Over the text of the message, whole. */
  readonly grep?: RegExp | undefined;
  readonly errorsOnly?: boolean;
  /** Only calls that took at least so long. */
  readonly slowNs?: number | undefined;
}

/** One test of a row. */
type Test = (row: CallRow) => boolean;

/** Cheap tests come first. True for all rows where nothing is asked for. */
export function rowFilter(filters: RowFilters): (row: CallRow) => boolean {
  const tests: Test[] = [];
  const { types, pids, comms, statuses, grep, slowNs, methods, services } = filters;
  if (types !== undefined) tests.push(({ type }) => types.includes(type));
  if (pids !== undefined) tests.push((row) => eitherSide(row, pids, ({ pid }) => pid));
  if (comms !== undefined) tests.push((row) => eitherSide(row, comms, ({ comm }) => comm));
  if (filters.errorsOnly === true) tests.push(failed);
  if (slowNs !== undefined) tests.push(({ latencyNs }) => (latencyNs ?? 0) >= slowNs);
  if (statuses !== undefined)
    tests.push(({ status }) => status !== null && statuses.includes(status));
  if (methods !== undefined) tests.push(byName(methods, (path) => path, afterSlash));
  if (services !== undefined) tests.push(byName(services, serviceOf, afterDot));
  if (grep !== undefined)
    tests.push((row) => grep.test(row.content.text(Number.POSITIVE_INFINITY)));
  return (row) => tests.every((test) => test(row));
}

function eitherSide<Value>(
  { actor, peer }: CallRow,
  set: { readonly mode: 'include' | 'exclude'; readonly values: ReadonlySet<Value> },
  of: (end: { pid: number; comm: string }) => Value,
): boolean {
  const found = [actor, peer].some((end) => end !== null && set.values.has(of(end)));
  return found === (set.mode === 'include');
}

/** A row whose method is one of several passes if one of these does: nothing is hidden by mistake. */
function byName(
  globs: readonly string[],
  whole: (path: string) => string,
  last: (name: string) => string,
): Test {
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(globPattern);
  const unwanted = globs
    .filter((glob) => glob.startsWith('!'))
    .map((glob) => globPattern(glob.slice(1)));
  const matches = (path: string, patterns: readonly RegExp[]): boolean => {
    const name = whole(path);
    return patterns.some((pattern) => pattern.test(name) || pattern.test(last(name)));
  };
  return ({ method, candidates }) => {
    const paths = method === null ? candidates : [method];
    return paths.some(
      (path) => (wanted.length === 0 || matches(path, wanted)) && !matches(path, unwanted),
    );
  };
}

function serviceOf(path: string): string {
  return path.slice(path.startsWith('/') ? 1 : 0, Math.max(0, path.lastIndexOf('/')));
}

const afterSlash = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
const afterDot = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}
