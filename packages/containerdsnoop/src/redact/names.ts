/**
 * Names of values that are secret: `DB_PASSWORD`, `api-key`, `registryToken`. Wrong in doubt: a
 * value too many hidden is asked for with `--show-secrets`, one too few is a leak.
 */
const SECRET = /pass|secret|token|cred|auth(?!or(?!i[sz]))|key|cookie|signature|^sig$/i;

/** What has such a word in it and holds nothing secret. */
const HARMLESS =
  /^(keys?|keepalive|keyring|compass|passthrough|bypass)$|bypass|passthrough|tokens?(_?expir|_?ttl)|keyless|keyword|monkey|turkey|hotkey/i;

/** Whether a variable, a label, a query parameter or a member of JSON with this name is secret. */
export function soundsSecret(name: string): boolean {
  return SECRET.test(name) && !HARMLESS.test(name);
}

/** Fields of messages: their authors choose names more narrowly than users of labels do. */
const SECRET_FIELD =
  /passw|passphrase|passcode|secret|token|credential|(^|_)auth$|authorization|cookie|(api|private|access|encryption|signing|shared)_?key/i;

/** Whether a field of a message with this name holds a secret. */
export function fieldSoundsSecret(name: string): boolean {
  return SECRET_FIELD.test(name) && !HARMLESS_FIELD.test(name);
}

const HARMLESS_FIELD = /tokens?_?(expir|ttl|type)|secrets?_?(name|id|ref)|continuation_?token/i;
