import { soundsSecret } from './names.js';

/** What stands where a secret was. */
export const REDACTED = '<redacted>';

/** What to put in a secret's place. */
export type Mask = (secret: string) => string;

export const hidden: Mask = () => REDACTED;

/** As many bytes as the secret has in UTF-8, so that all lengths around it stay right. */
export const sameLength: Mask = (secret) => 'x'.repeat(Buffer.byteLength(secret));

/** Longer text is not searched but masked: no pattern below is meant for content. */
const MAX_SEARCHED = 1 << 16;

/** Credentials in a URL: `scheme://user:password@`. An image's digest is behind an @ too. */
const USERINFO =
  /(\b[a-z][a-z\d+.-]{0,30}:\/\/)([^\s/@"'<>]{1,1024}|[^\s/:@"'<>]{1,256}:[^\s@"'<>]{1,1024})(?=@(?!sha(?:256|384|512):))/gi;
/** `name=value` where the name sounds secret: queries of URLs, options, environments in a command. */
const ASSIGNED =
  /(?<![\w.-])([\w.-]+)(=|%3D)("(?:[^"\\]|\\.){0,4096}"?|'[^']{0,4096}'?|[^\s&;,"'\\)]{1,8192})/gi;
/** Header fields and members of JSON-like text. */
const NAMED =
  /\b((?:proxy-)?authorization|x-registry-(?:auth|config)|(?:set-)?cookie|passw(?:or)?d|secret|(?:access|id|refresh|identity|registry)?[_-]?token|api[_-]?key)("?\s{0,4}:\s{0,4}"?)((?:bearer|basic|digest)\s{1,4})?([^\s,;"']{1,8192})/gi;
const SCHEME = /\b((?:bearer|basic)\s{1,4})([\w+/=.~-]{8,8192})/gi;
/** What follows `Basic` in prose is a word, unlike credentials. */
const WORD = /^[A-Za-z][a-z]*$/;
/** Tokens that are recognised by how they begin: JWT, GitHub, GitLab, AWS, Slack, Docker Hub. */
const TOKENS =
  /\b(?:eyJ[\w-]{8,4096}\.[\w-]{8,8192}(?:\.[\w-]{0,4096})?|gh[pousr]_\w{16,255}|github_pat_\w{16,255}|glpat-[\w-]{16,255}|(?:AKIA|ASIA)[A-Z\d]{16}|xox[abeoprs]-[\w-]{10,255}|dckr_pat_[\w-]{16,255})/g;
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,65536}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g;

/** Text without what looks like a secret in it; the same string when nothing does. */
export function redactText(text: string, mask: Mask = hidden): string {
  if (text.length > MAX_SEARCHED) return mask(text);
  let result = text;
  if (result.includes('-----BEGIN')) result = result.replace(PRIVATE_KEY, mask);
  if (result.includes('://')) {
    result = result.replace(USERINFO, (_, scheme, user) => `${scheme}${mask(user)}`);
  }
  if (result.includes(':')) {
    result = result.replace(
      NAMED,
      (_, name, colon, scheme = '', value) => `${name}${colon}${scheme}${mask(value)}`,
    );
  }
  result = result.replace(SCHEME, (whole, scheme, value) =>
    WORD.test(value) ? whole : `${scheme}${mask(value)}`,
  );
  if (result.includes('=') || result.includes('%3')) {
    result = result.replace(ASSIGNED, (whole, name, sign, value) =>
      soundsSecret(name) ? `${name}${sign}${mask(value)}` : whole,
    );
  }
  return result.replace(TOKENS, mask);
}

/** `NAME=value` of an environment, without the value. */
export function redactVariable(text: string, mask: Mask = hidden): string {
  const sign = text.indexOf('=');
  if (sign < 0) return redactText(text, mask);
  return `${text.slice(0, sign)}=${mask(text.slice(sign + 1))}`;
}

/** An argument without secrets. `previous` is the one before it: `--password`, `secret`. */
export function redactArgument(text: string, previous: string | null, mask: Mask = hidden): string {
  if (previous !== null && OPTION.test(previous)) {
    if (soundsSecret(previous.replace(/^-+/, ''))) return mask(text);
    const colon = text.indexOf(':');
    if (USER.test(previous) && colon >= 0) {
      return `${text.slice(0, colon)}:${mask(text.slice(colon + 1))}`;
    }
  }
  return redactText(text, mask);
}

const OPTION = /^--?[A-Za-z][\w.-]*$/;
/** `curl -u name:password` */
const USER = /^(-u|--user|--proxy-user|-U)$/;

/** Occurs in all that `redactText()` looks for. */
const SUSPICIOUS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|=|%3d|:\/\/[^\s@]{1,2048}@|eyJ|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|xox|dckr_pat|-----B|(?:bearer|basic)\s|(?:authorization|x-registry-(?:auth|config)|cookie|passw(?:or)?d|secret|token|key)"?\s{0,4}:/i;

/**
 * Whether text has control characters in it that text does not have: then it may be a message that
 * was taken for text because its method was concluded wrongly, with anything inside.
 */
export function isBinary(text: string): boolean {
  return CONTROL.test(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Shorter text holds nothing that `redactText()` finds. */
const SHORTEST = 5;

/** Whether a text may hold a secret that `redactText()` takes out: false is certain. */
export function isSuspicious(text: string): boolean {
  return text.length >= SHORTEST && SUSPICIOUS.test(text);
}
