import { JsonWriter } from '@imagesnoop/output';
import { writeJson } from './json.js';
import { soundsSecret } from './names.js';
import { REDACTED, redactText } from './text.js';

/** Header fields and metadata whose names do not sound secret but that hold secrets. */
const SECRET_HEADERS = /^(x-registry-config|x-amz-security-token|x-meta-source-client)$/;
/** Status messages are percent-encoded (gRPC over HTTP/2, "Responses"). */
const PERCENT_ENCODED = 'grpc-message';

/** The value of a header field, or of gRPC metadata, without secrets. `name` in lower case. */
export function redactHeader(name: string, value: string): string {
  if (SECRET_HEADERS.test(name) || soundsSecret(name)) return REDACTED;
  // Metadata with such a name is binary, in base64.
  if (name.endsWith('-bin')) return `<${value.length} characters>`;
  if (name === PERCENT_ENCODED) return redactEncoded(value);
  return redactTarget(value);
}

function redactEncoded(value: string): string {
  const text = decoded(value);
  const shown = redactText(text);
  return shown === text ? value : encodeURIComponent(shown).replaceAll('%20', ' ');
}

/** Parameters that are JSON with whatever users put there. */
const JSON_PARAMETERS = /([?&])(buildargs|labels|secrets?)=([^&\s]*)/gi;

/** The target of an HTTP request, or another URL, without secrets. */
export function redactTarget(target: string): string {
  const plain = target.replace(JSON_PARAMETERS, `$1$2=${REDACTED}`);
  const text = decoded(plain);
  // What is only visible once decoded is shown decoded.
  const shown = redactText(plain);
  return redactText(text) === text ? shown : redactText(text);
}

function decoded(value: string): string {
  if (!value.includes('%')) return value;
  return value.replace(/(?:%[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

const SECRET_STORES = /^(\/v[\d.]+)?\/(secrets|configs)(\/|$|\?)/;
const scratch = new JsonWriter();

/** What of a body is shown: JSON without secrets, else its size. */
export interface BodyShown {
  /** JSON text, or null when the body is none, or cut. */
  readonly json: string | null;
  readonly bytes: number;
}

/**
 * A body of HTTP without secrets.
 *
 * @param target of the request, which tells what is secret as a whole
 * @param whole false when only the beginning of the body is there
 */
export function redactBody(
  body: Uint8Array,
  target: string | null,
  whole: boolean,
  redact = true,
): BodyShown {
  const bytes = body.length;
  if (!whole || (redact && target !== null && SECRET_STORES.test(target))) {
    return { json: null, bytes };
  }
  scratch.clear();
  const isJson = writeJson(body, 0, bytes, scratch, { redact });
  return { json: isJson ? scratch.view().toString() : null, bytes };
}
