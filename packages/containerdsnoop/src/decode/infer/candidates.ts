import type { Method, Schema } from '../schema/schema.js';

/** A method that calls of unknown name may belong to. */
export interface Candidate extends Method {
  index: number;
  /** Number of the group of what its service belongs to: 'runtime.v1', 'containerd.services'. */
  family: number;
  /** Number of the group of its service. */
  service: number;
  /** Words of an error message that is about it. */
  nouns: readonly string[];
  /** Whether its request says more than what it is about: something to change or to run. */
  demanding: boolean;
  /** How much less likely it is than others before anything was seen. */
  handicap: number;
}

/** Served over ttrpc, to shims and by them: HTTP/2 hardly ever sees them. */
const TTRPC = /^containerd\.(?:task|runtime\.(?:sandbox|ttrpc|linux))|ttrpc|^nri\.|\.shim\./i;
/** Superseded: clients ask for it only when there is nothing newer. */
const SUPERSEDED = /(?:alpha|beta)\d*$/;
const DEMANDING =
  /\/(?:Update|Exec|Attach|Kill|Resize|CloseIO|Checkpoint|DeleteProcess|PortForward|Add|Create|Prepare|Write|Publish|Apply|Diff)/;
const RARE = /\/(?:Fo?rward|Watch|Attach|Exec|Checkpoint.*|Reopen.*|.*Config|Pause|Resume)$/;
const VERY_RARE = /\/(?:Update.*|.*Stream)$/;

/** All methods of a schema. */
export interface Candidates {
  list: readonly Candidate[];
  byPath: ReadonlyMap<string, Candidate>;
  /** How many families and services there are. */
  groups: number;
}

const made = new WeakMap<Schema, Candidates>();

/** The methods of a schema, as candidates. */
export function candidatesOf(schema: Schema): Candidates {
  let candidates = made.get(schema);
  if (candidates === undefined) {
    const groups = new Map<string, number>();
    const groupOf = (name: string) => {
      const number = groups.get(name) ?? groups.size;
      groups.set(name, number);
      return number;
    };
    const list = [...schema.methods.values()].map((method, index) => {
      const { family, service, ...rest } = describe(method);
      return {
        ...method,
        ...rest,
        index,
        family: groupOf(`${family}.*`),
        service: groupOf(service),
      };
    });
    const byPath = new Map(list.map((each) => [each.path, each]));
    candidates = { list, byPath, groups: groups.size };
    made.set(schema, candidates);
  }
  return candidates;
}

function describe({ path }: Method) {
  const [, service = '', name = ''] = path.split('/');
  const pkg = service.slice(0, service.lastIndexOf('.'));
  let handicap = 0;
  if (TTRPC.test(service)) handicap += 12;
  if (SUPERSEDED.test(pkg)) handicap += 3;
  if (RARE.test(path)) handicap += 1.5;
  if (VERY_RARE.test(path)) handicap += 4;
  const demanding = DEMANDING.test(path);
  return { family: familyOf(pkg), service, nouns: nounsOf(service, name), demanding, handicap };
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
