import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { redactBody, redactHeader, redactTarget } from '../../src/redact/http.js';
import { redactValue } from '../../src/redact/json.js';
import { maskJson } from '../../src/redact/mask-json.js';
import { soundsSecret } from '../../src/redact/names.js';
import { isSuspicious, redactArgument, redactText, sameLength } from '../../src/redact/text.js';

/** Each with SECRET where the secret is, and nowhere else. */
const LEAKS = [
  'failed to pull https://user:SECRET@registry.test/v2/: 401',
  'proxy http://SECRET@10.0.0.1:3128 refused',
  'https://host/p?X-Amz-Credential=SECRET&x=1&X-Amz-Signature=SECRET',
  'GET https://host/blob?token=SECRET',
  'https://account.blob.test/x?sv=1&sig=SECRET&se=2',
  'run with DB_PASSWORD=SECRET and PATH=/bin',
  'sh -c "API_KEY=\'SECRET\' exec app --client-secret=SECRET"',
  'Authorization: Bearer SECRET',
  'X-Registry-Auth: SECRET',
  'header "authorization": "Basic SECRET"',
  'cookie: SECRET',
  'password: SECRET',
  'the identity_token:SECRET was refused',
];
/** Recognised by themselves. */
const TOKENS = [
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  `ghp_${'a1'.repeat(18)}`,
  'glpat-ABCDEFGHIJ1234567890',
  'AKIAIOSFODNN7EXAMPLE',
  'Bearer abcdef123456',
  `-----BEGIN RSA PRIVATE KEY-----\n${'MIIE'.repeat(10)}\n-----END RSA PRIVATE KEY-----`,
];
/** Not to be touched. */
const HARMLESS = [
  'docker.io/library/busybox:1.36@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7',
  'docker://registry.test:5000/a/b@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7',
  'pull access denied, repository does not exist or may require authorization',
  'unauthorized: authentication required',
  'basic authentication failed',
  'container "web" in namespace "k8s.io": not found',
  '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs',
  'labels.io.kubernetes.pod.name==web',
  'key:"/k8s/5c3b9a3e" parent:"sha256:9ae97d36"',
];

test.each(LEAKS)('%s', (line) => {
  const secret = 'tr0ub4dor';
  const text = line.replaceAll('SECRET', secret);
  expect(isSuspicious(text)).toBe(true);
  expect(redactText(text)).not.toContain(secret);
  const masked = redactText(text, sameLength);
  expect(masked).not.toContain(secret);
  expect(masked).toHaveLength(text.length);
});

test.each(TOKENS)('%s', (token) => {
  const text = `said ${token} loudly`;
  expect(isSuspicious(text)).toBe(true);
  expect(redactText(text)).toMatch(/^said (Bearer )?<redacted> loudly$/);
});

test.each(HARMLESS)('%s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('searching takes time in proportion to the text', () => {
  for (const piece of ['a', 'a=', 'token', '://a', 'eyJ', '"', "='", 'a.a-', 'Bearer ', '%3D']) {
    const start = performance.now();
    redactText(piece.repeat((1 << 16) / piece.length));
    expect(performance.now() - start, piece).toBeLessThan(1000);
  }
});

test('names that sound secret', () => {
  const secret = ['DB_PASSWORD', 'api-key', 'registryToken', 'AUTH', 'X-Vault-Token', 'cookie'];
  expect(secret.filter((name) => soundsSecret(name))).toEqual(secret);
  const harmless = ['key', 'authors', 'org.opencontainers.image.authors', 'io.kubernetes.pod.name'];
  expect(harmless.filter((name) => soundsSecret(name))).toEqual([]);
});

test('arguments by the option before them', () => {
  expect(redactArgument('s3cret', '--password')).toBe('<redacted>');
  expect(redactArgument('joe:s3cret', '-u')).toBe('joe:<redacted>');
  expect(redactArgument('--token=s3cret', null)).toBe('--token=<redacted>');
  expect(redactArgument('s3cret', 'echo')).toBe('s3cret');
});

const SPEC = {
  process: {
    env: ['PATH=/bin', 'DB=s3cret'],
    args: ['app', '--password', 's3cret', '--verbose'],
    noNewPrivileges: true,
  },
  annotations: {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
      spec: { containers: [{ env: [{ name: 'A', value: 's3cret' }] }] },
    }),
  },
  auths: { 'registry.test': { auth: 's3cret', token: 12345 } },
  url: 'https://u:s3cret@host/',
  escaped: 'a\tpassword=s3cret',
};

test('JSON keeps its shape and loses its secrets', () => {
  const shown = redactValue(JSON.stringify(SPEC, null, 2), new JsonWriter());
  expect(shown).not.toContain('s3cret');
  expect(shown).not.toContain('12345');
  const value = JSON.parse(shown);
  expect(value.process).toEqual({
    env: ['PATH=<redacted>', 'DB=<redacted>'],
    args: ['app', '--password', '<redacted>', '--verbose'],
    noNewPrivileges: true,
  });
  const [annotation] = Object.values(value.annotations) as [string];
  expect(JSON.parse(annotation).spec.containers[0].env).toEqual([
    { name: 'A', value: '<redacted>' },
  ]);
  expect(value.url).toBe('https://<redacted>@host/');
});

test('JSON is masked in place', () => {
  for (const space of [0, 2]) {
    const bytes = Buffer.from(JSON.stringify(SPEC, null, space));
    const { length } = bytes;
    expect(maskJson(bytes, 0, length)).toBe(true);
    expect(bytes.toString()).not.toContain('s3cret');
    expect(bytes.toString()).not.toContain('12345');
    const { process } = JSON.parse(bytes.toString());
    expect(process.env).toEqual(['PATH=xxxx', 'DB=xxxxxx']);
    expect(process.args).toEqual(['app', '--password', 'xxxxxx', '--verbose']);
  }
});

test('headers, targets and bodies of HTTP', () => {
  expect(redactHeader('x-registry-auth', 's3cret')).toBe('<redacted>');
  expect(redactHeader('authorization', 'Basic s3cret')).toBe('<redacted>');
  expect(redactHeader('containerd-namespace', 'k8s.io')).toBe('k8s.io');
  expect(redactHeader('grpc-message', 'at https%3A%2F%2Fu%3As3cret%40h%2F')).not.toContain(
    's3cret',
  );
  expect(redactHeader('grpc-message', 'not found%21')).toBe('not found%21');
  expect(redactHeader('trace-bin', 's3cret')).not.toContain('s3cret');
  expect(redactTarget('/v1.41/build?buildargs=%7B%22A%22%3A%22s3cret%22%7D&t=x')).toBe(
    '/v1.41/build?buildargs=<redacted>&t=x',
  );
  expect(redactTarget('/v1.41/containers/web/json')).toBe('/v1.41/containers/web/json');
  const create = Buffer.from('{"Env":["A=s3cret"],"Cmd":["x"],"password":"s3cret"}');
  expect(redactBody(create, '/containers/create', true).json).toBe(
    '{"Env":["A=<redacted>"],"Cmd":["x"],"password":"<redacted>"}',
  );
  expect(redactBody(Buffer.from('{"Data":"s3cret"}'), '/v1.41/secrets/create', true).json).toBe(
    null,
  );
  expect(redactBody(create, '/containers/create', false)).toEqual({ json: null, bytes: 52 });
});
