import { KIND, type MessageField, type MessageType } from '../schema/schema.js';

/** What messages of a type are hardly ever sent without. */
export interface Expectations {
  /** Something that it is about: an id, a name, a description. */
  needsContent: boolean;
  /** Numbers of the parts that are always set. */
  parts: readonly number[];
}

const IDENTITY = /(?:^|_)(?:id|name|key|ref|digest|snapshotter|target|url)$/;
const SUBJECT =
  /^(?:config|image|container|lease|namespace|snapshot|status|info|process|descriptor|stats)$/;
const OFTEN_ABSENT =
  /filter|option|auth|_at$|timestamp|any|spec|checkpoint|sandbox_config|resources|linux|windows|security|limits|data$/i;

const ALWAYS = /^(?:exited_at|update_mask|signal|width|height|stdin)$/;

const known = new WeakMap<MessageType, Expectations>();

export function expectationsOf(type: MessageType): Expectations {
  let made = known.get(type);
  if (made === undefined) {
    const singular = [...type.fields.values()].filter((field) => !field.repeated);
    made = {
      needsContent: singular.some(
        ({ kind, name }) =>
          (kind === KIND.string && IDENTITY.test(name)) || SUBJECT.test(name) || ALWAYS.test(name),
      ),
      parts: singular
        .filter(({ name, message }) => message !== null || ALWAYS.test(name))
        .filter(
          ({ name, message }) =>
            ALWAYS.test(name) || !OFTEN_ABSENT.test(`${name} ${message?.name}`),
        )
        .map(({ number }) => number)
        .filter((number) => number < 128),
    };
    known.set(type, made);
  }
  return made;
}

/** What the text of a field looks like, going by its name. */
type Form = 'any' | 'digest' | 'filter' | 'id' | 'other-name' | 'url';

const forms = new WeakMap<MessageField, Form>();

function formOf(field: MessageField): Form {
  let form = forms.get(field);
  if (form === undefined) {
    form = 'any';
    if (/^filters?$/.test(field.name)) form = 'filter';
    else if (/digest/.test(field.name)) form = 'digest';
    else if (/(?:^|_)url$/.test(field.name)) form = 'url';
    else if (/(?:^|_)id$/.test(field.name)) form = 'id';
    else if (/ref|snapshotter|topic|namespace/.test(field.name)) form = 'other-name';
    forms.set(field, form);
  }
  return form;
}

const HEX_ID = /^[0-9a-f]{64}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const URL = /^\w+:\/\//;
const FILTER = /[=~]/;
const COMPARISON = /[=~]=/;
const LONGEST_FORM = 200;
const ENOUGH_TEXT = 8;

/** What speaks for a text field having this text; impossible if it is no UTF-8. */
export function textScore(
  field: MessageField,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const quality = textQuality(bytes, start, end);
  if (quality === 'invalid') return Number.NEGATIVE_INFINITY;
  if (quality === 'control') return -10;
  const score = Math.min(ENOUGH_TEXT, end - start) / 2;
  if (end - start > LONGEST_FORM || end === start) return score;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  return score + formScore(formOf(field), text);
}

function formScore(form: Form, text: string): number {
  switch (form) {
    case 'filter':
      return FILTER.test(text) ? 4 : -5;
    case 'digest':
      return DIGEST.test(text) ? 4 : -6;
    case 'url':
      return URL.test(text) ? 4 : -6;
    case 'id':
      return HEX_ID.test(text) ? 3 : 0;
    default:
      if (COMPARISON.test(text)) return -4;
      if (DIGEST.test(text)) return -3;
      if (HEX_ID.test(text)) return form === 'other-name' ? -4 : -2;
      return 0;
  }
}

/** Strict UTF-8, and whether it has control characters that text has not. */
function textQuality(
  bytes: Uint8Array,
  start: number,
  end: number,
): 'text' | 'control' | 'invalid' {
  let quality: 'text' | 'control' = 'text';
  for (let at = start; at < end; ) {
    const octet = bytes[at] as number;
    if (octet < 0x80) {
      if (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d) quality = 'control';
      at++;
      continue;
    }
    const more =
      octet >= 0xc2 && octet < 0xe0
        ? 1
        : octet < 0xe0
          ? 0
          : octet < 0xf0
            ? 2
            : octet < 0xf5
              ? 3
              : 0;
    if (more === 0 || at + more >= end) return 'invalid';
    for (let index = 1; index <= more; index++) {
      if (((bytes[at + index] as number) & 0xc0) !== 0x80) return 'invalid';
    }
    at += more + 1;
  }
  return quality;
}
