/**
 * Most text holds no secret, and it is the speed of that which counts: one look at each byte, and a
 * second one only at those that something secret has in it. See `redactText()` for what that is.
 */

/** What to look at before a byte; 0 for most. */
const CLASSES = new Uint8Array(256);
const ALWAYS = 1;
const COLON = 2;
const AT = 3;
const BLANK = 4;
const DASH = 5;
const UNDERSCORE = 6;
const LETTER_J = 7;
const LETTER_I = 8;

CLASSES.fill(ALWAYS, 0, 0x20);
CLASSES[0x7f] = ALWAYS;
/** `NAME=value`, also percent-encoded. */
for (const byte of Buffer.from('=%')) CLASSES[byte] = ALWAYS;
for (const byte of [0x09, 0x0a, 0x0d, 0x20, 0xa0]) CLASSES[byte] = BLANK;
CLASSES[0x3a] = COLON;
CLASSES[0x40] = AT;
CLASSES[0x2d] = DASH;
CLASSES[0x5f] = UNDERSCORE;
CLASSES[0x4a] = LETTER_J;
CLASSES[0x49] = LETTER_I;

/** Last letters of the names in front of a colon, and what may be between: quotes, blanks. */
const BEFORE_COLON = new Set([...Buffer.from('nNhHgGeEdDtTyY" \t\n\r\v\f'), 0xa0]);
/** `ghp_`, `gho_`, ..., `github_pat_`, `dckr_pat_` */
const BEFORE_UNDERSCORE = new Set(Buffer.from('pousrtb'));
const SLASH = 0x2f;
const HYPHEN = 0x2d;

/**
 * Whether text may hold a secret that `redactText()` takes out, or control characters that make it
 * binary: false is certain.
 */
export function maySuspect(bytes: Uint8Array, start: number, stop: number): boolean {
  let scheme = false;
  for (let i = start; i < stop; i++) {
    const kind = CLASSES[bytes[i] as number];
    if (kind === 0) continue;
    const before = i > start ? (bytes[i - 1] as number) : 0;
    switch (kind) {
      case ALWAYS:
        return true;
      case COLON:
        if (BEFORE_COLON.has(before)) return true;
        // A URL may have a user before an @ that is still to come.
        if (i + 2 < stop && bytes[i + 1] === SLASH && bytes[i + 2] === SLASH) scheme = true;
        break;
      case AT:
        if (scheme) return true;
        break;
      case BLANK:
        // Bearer, Basic
        if ((before | 0x20) === 0x72 || (before | 0x20) === 0x63) return true;
        break;
      case DASH:
        // glpat-, -----BEGIN, and xoxb- with its kin
        if (before === 0x74 || before === HYPHEN) return true;
        if (i - start >= 4 && bytes[i - 2] === 0x78 && bytes[i - 3] === 0x6f) return true;
        break;
      case UNDERSCORE:
        if (BEFORE_UNDERSCORE.has(before)) return true;
        break;
      case LETTER_J:
        // eyJ
        if (before === 0x79) return true;
        break;
      default:
        // AKIA, ASIA
        if (before === 0x4b || before === 0x53) return true;
    }
  }
  return false;
}
