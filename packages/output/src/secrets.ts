/** What stands in the place of a secret. */
export const REDACTED = '<redacted>';

const LONG = 'password|passwd|passphrase|secret|token|credentials?|authorization|cookie';
const SHORT = '(?<![a-z])(?:pass|pwd|auth)';
const KEYS = '(?:api|access|private|secret|signing|encryption|account)[-_]?key';
/** How names end whose values are secret. */
const NAME = `(?:${LONG}|${SHORT}|${KEYS})`;

/** Cheap, and true for all that the rules below could change. */
const SUSPICIOUS = new RegExp(`${NAME}|://[^/\\0]*@|(?:^|\\0)(?:-u|--user)(?:=|\\0)`, 'i');
/** `--password`, `-token`: the next argument is the value. */
const FLAG = new RegExp(`^--?[\\w.-]*${NAME}$`, 'i');
/** `NAME=value`: up to a blank, a quote, `&` or `;`, or all of a quoted value. */
const ASSIGNED = new RegExp(`(${NAME}=)("[^"]*"|'[^']*'|[^\\s"'&;]+)`, 'gi');
/** `Name: value` of headers and JSON: to the end of the line or the closing quote. */
const HEADER = new RegExp(`(${NAME}["']?[ \\t]*:[ \\t]*)("[^"]*"|'[^']*'|[^"'\\r\\n]+)`, 'gi');
/** `scheme://user:password@host` */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;
/** `user:password` behind -u; of two numbers the second is a group. */
const USER = /^((?:--user=)?[^:]+:)(?!\d+$).+$/s;

/** Could this text, arguments divided by NULs, hold a secret? */
export function isSuspicious(text: string): boolean {
  return SUSPICIOUS.test(text);
}

/**
 * Arguments without what looks like a secret, by rules that README lists: by the name of an option,
 * variable, header or member, in URLs, and behind `-u`. What has no such name is not recognised.
 */
export function redact(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? '';
    if (FLAG.test(before) && !arg.startsWith('-') && arg !== '') return REDACTED;
    if (before === '-u' || before === '--user' || arg.startsWith('--user='))
      return arg.replace(USER, `$1${REDACTED}`);
    return arg
      .replace(URL_PASSWORD, `$1${REDACTED}@`)
      .replace(ASSIGNED, `$1${REDACTED}`)
      .replace(HEADER, `$1${REDACTED}`);
  });
}
