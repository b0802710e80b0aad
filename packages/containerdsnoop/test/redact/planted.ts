import { fileURLToPath } from 'node:url';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { schemaFromProtoFiles } from '../../src/decode/schema/proto-files.js';

const PROTO = fileURLToPath(new URL('places.proto', import.meta.url));
const definitions = loadSync(PROTO, { keepCase: true });

export const schema = await schemaFromProtoFiles([PROTO]);

/** In each secret; of the other forms that it could leak in, base64 is looked for, too. */
export const MARK = 'PLANTED';

let count = 0;
/** Another secret each time. */
export const secret = () => `s3${MARK}x${++count}`;

/** Each form in which a planted secret may be found in an output. */
export function leaksIn(output: Buffer): string[] {
  const forms = [MARK, MARK.toLowerCase(), Buffer.from(MARK).toString('hex')];
  // Base64 of the mark depends on where in three bytes it begins.
  for (const before of ['', 'x', 'xy']) {
    const base64 = Buffer.from(`${before}${MARK}${MARK}`).toString('base64');
    forms.push(base64.slice(before.length === 0 ? 0 : 4, before.length === 0 ? 8 : 12));
  }
  const text = output.toString('latin1');
  return forms.filter((form) => text.includes(form));
}

const spec = () =>
  Buffer.from(
    JSON.stringify({
      process: { env: ['PATH=/bin', `DB=${secret()}`], args: ['x', '--token', secret()] },
      annotations: { note: JSON.stringify({ env: [{ name: 'A', value: secret() }] }) },
      linux: { credentials: { deep: [secret()] } },
    }),
  );

/** A message with a secret in every place that has one. */
export function config(depth = 0): object {
  const any = { type_url: 'types.containerd.io/opencontainers/runtime-spec/1/Spec', value: spec() };
  return {
    image: { image: 'docker.io/library/web:1', annotations: { 'my-password': secret() } },
    command: ['sh', '-c', `API_KEY=${secret()} exec web`],
    args: ['--password', secret(), `--client-secret=${secret()}`, '-u', `joe:${secret()}`],
    envs: [
      { key: 'HOME', value: secret() },
      { key: 'PORT', value: secret() },
    ],
    labels: { app: 'web', 'api-key': secret() },
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': spec().toString(),
      link: `see https://joe:${secret()}@host/path`,
    },
    spec: any,
    extensions: {
      metadata: any,
      auth: { type_url: 'runtime.v1.ExecResponse', value: Buffer.from([0x0a, 1, 0x78]) },
      message: {
        type_url: 'type.googleapis.com/runtime.v1.PullImageRequest',
        value: encoded('ImageService', 'PullImage', pull()),
      },
      broken: { type_url: 'x/y', value: Buffer.from(`{"password": "${secret()}`) },
    },
    data: Buffer.from(secret()),
    marked: secret(),
    secrets: { a: secret() },
    env: [`A=${secret()}`],
    api_token: secret(),
    message: `pull failed: Authorization: Bearer ${secret()}`,
    info: { info: spec().toString() },
    ...(depth > 0 ? { nested: config(depth - 1) } : {}),
  };
}

export function pull(): object {
  return {
    image: { image: 'docker.io/library/web:1' },
    auth: {
      username: 'joe',
      password: secret(),
      auth: secret(),
      identity_token: secret(),
      registry_token: secret(),
    },
  };
}

/** A request as another implementation of protobuf writes it. */
export function encoded(service: string, method: string, value: object, response = false): Buffer {
  const definition = definitions[`runtime.v1.${service}`] as ServiceDefinition;
  const found = definition[method];
  if (found === undefined) throw new Error(`no method ${method}`);
  return response ? found.responseSerialize(value) : found.requestSerialize(value);
}
