import type { Method, Schema } from '../schema/schema.js';

/** A method that calls of unknown name may belong to. */
export interface Candidate extends Method {
  index: number;
  /** What its service belongs to: 'runtime.v1', 'containerd.services'. */
  family: string;
  service: string;
  /** Words of an error message that is about it. */
  nouns: readonly string[];
  /** How much less likely it is than others before anything was seen. */
  handicap: number;
}

/** Served over ttrpc, to shims and by them: HTTP/2 hardly ever sees them. */
const TTRPC = /^containerd\.(?:task|runtime\.(?:sandbox|ttrpc|linux))|ttrpc|^nri\.|\.shim\./i;
/** Superseded: clients ask for it only when there is nothing newer. */
const SUPERSEDED = /(?:alpha|beta)\d*$/;
const RARE = /\/(?:Update.*|.*Stream|Fo?rward|Watch|Attach|Exec|Checkpoint.*)$/;

const made = new WeakMap<Schema, readonly Candidate[]>();

/** The methods of a schema, as candidates. */
export function candidatesOf(schema: Schema): readonly Candidate[] {
  let candidates = made.get(schema);
  if (candidates === undefined) {
    candidates = [...schema.methods.values()].map(candidate);
    made.set(schema, candidates);
  }
  return candidates;
}

function candidate(method: Method, index: number): Candidate {
  const [, service = '', name = ''] = method.path.split('/');
  const pkg = service.slice(0, service.lastIndexOf('.'));
  let handicap = 0;
  if (TTRPC.test(service)) handicap += 12;
  if (SUPERSEDED.test(pkg)) handicap += 3;
  if (RARE.test(method.path)) handicap += 1.5;
  return {
    ...method,
    index,
    family: familyOf(pkg),
    service,
    nouns: nounsOf(service, name),
    handicap,
  };
}

/** The first two parts of a package: clients keep to those of one kind. */
function familyOf(pkg: string): string {
  return pkg.split('.').slice(0, 2).join('.');
}

const VERBS = /^(?:List|Remove|Create|Start|Stop|Run|Reopen|Update|Checkpoint|Get|Delete|Pull)/;
const ASPECTS = /(?:Status|Stats|Config)$/;

function nounsOf(service: string, method: string): string[] {
  const subject = service
    .slice(service.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/service$/, '')
    .replace(/s$/, '');
  if (subject === 'task') return ['task', 'process'];
  if (!/^(?:runtime|version|health)$/.test(subject)) return [subject];
  const noun = method.replace(VERBS, '').replace(ASPECTS, '').toLowerCase();
  return noun.length > 4 ? [noun] : [];
}
