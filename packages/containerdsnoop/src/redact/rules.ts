import { KIND, type Kind, type Redaction } from '../decode/schema/schema.js';
import { fieldSoundsSecret } from './names.js';

/** What decides about a field. */
export interface FieldFacts {
  /** Full name of the message that has it. */
  readonly message: string;
  readonly field: string;
  readonly kind: Kind;
  /** The .proto file marks it: `debug_redact`, `csi_secret`. */
  readonly sensitive: boolean;
  readonly repeated: boolean;
  readonly map: boolean;
  /** The message is a map's entry. */
  readonly mapEntry: boolean;
}

/**
 * Fields of CRI and containerd whose names do not tell, as `message.field`. `runtime` stands for
 * runtime.v1 and runtime.v1alpha2.
 */
const FIELDS: Readonly<Record<string, Redaction>> = {
  'runtime.AuthConfig.auth': 'hide',
  'runtime.AuthConfig.password': 'hide',
  'runtime.AuthConfig.identity_token': 'hide',
  'runtime.AuthConfig.registry_token': 'hide',
  // Used for environment variables alone.
  'runtime.KeyValue.value': 'hide',
  // URLs that hold a token good for one use.
  'runtime.ExecResponse.url': 'hide',
  'runtime.AttachResponse.url': 'hide',
  'runtime.PortForwardResponse.url': 'hide',
  'runtime.WindowsContainerSecurityContext.credential_spec': 'hide',
  'runtime.WindowsSandboxSecurityContext.credential_spec': 'hide',
  'containerd.types.transfer.AuthResponse.secret': 'hide',
  // Base64 or plain text of whatever users keep.
  'docker.swarmkit.v1.SecretSpec.data': 'hide',
  'docker.swarmkit.v1.ConfigSpec.data': 'hide',
};

const ENVIRONMENT = /^(env|envs|environment)$/i;
const COMMAND_LINE = /^(args|cmd|command|argv|entrypoint)$/i;

/** What is hidden of a field. The first rule that applies counts. */
export function redactionOf(facts: FieldFacts): Redaction {
  const listed =
    FIELDS[`${facts.message}.${facts.field}`.replace(/^runtime\.v1(alpha2)?\./, 'runtime.')];
  if (listed !== undefined) return listed;
  if (facts.sensitive) return 'hide';
  // What a map's value is decided by: its key, and the map.
  if (facts.mapEntry) return facts.kind === KIND.bytes ? 'size' : 'none';
  if (isLeaf(facts) && fieldSoundsSecret(facts.field)) return 'hide';
  if (facts.map) return fieldSoundsSecret(facts.field) ? 'hide' : 'keyed';
  if (facts.repeated && facts.kind === KIND.string) {
    if (ENVIRONMENT.test(facts.field)) return 'env';
    if (COMMAND_LINE.test(facts.field)) return 'args';
  }
  // Content of files, output of commands, keys: never names or states.
  return facts.kind === KIND.bytes ? 'size' : 'none';
}

function isLeaf({ kind }: FieldFacts): boolean {
  return kind === KIND.string || kind === KIND.bytes;
}
