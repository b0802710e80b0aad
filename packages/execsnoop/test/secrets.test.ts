import { describe, expect, test } from 'vitest';
import { isSuspicious, REDACTED, redact } from '../src/secrets.js';

const R = REDACTED;

describe('what is redacted', () => {
  test.each([
    [
      ['--password', 'abc'],
      ['--password', R],
    ],
    [
      ['--registry-password=abc', 'x'],
      [`--registry-password=${R}`, 'x'],
    ],
    [
      ['-e', 'MYSQL_ROOT_PASSWORD=a b'],
      ['-e', `MYSQL_ROOT_PASSWORD=${R} b`],
    ],
    [['AWS_SECRET_ACCESS_KEY="a b" run'], [`AWS_SECRET_ACCESS_KEY=${R} run`]],
    [
      ['-H', 'Authorization: Bearer abc.def'],
      ['-H', `Authorization: ${R}`],
    ],
    [
      ['sh -c \'curl -H "X-Auth-Token: abc" http://a/\''],
      [`sh -c 'curl -H "X-Auth-Token: ${R}" http://a/'`],
    ],
    [['{"user":"me","password":"abc"}'], [`{"user":"me","password":${R}}`]],
    [['https://me:abc@host/x?api_key=def&y=1'], [`https://me:${R}@host/x?api_key=${R}&y=1`]],
    [
      ['-u', 'me:abc'],
      ['-u', `me:${R}`],
    ],
    [['--user=me:abc'], [`--user=me:${R}`]],
    [
      ['--auth', '--token', '--verbose', 'x'],
      ['--auth', '--token', '--verbose', 'x'],
    ],
  ])('%j', (args, expected) => {
    expect(isSuspicious(args.join('\0'))).toBe(true);
    expect(redact(args)).toEqual(expected);
  });
});

test.each([
  [['-u', '1000:1000']],
  [['--password-file', '/run/secrets/x']],
  [['--author=me', 'compass=north', 'bypass=1']],
  [['ssh://git@host:22/x', 'a@b:c']],
  [['--user', 'me']],
])('%j stays', (args) => {
  expect(redact(args)).toEqual(args);
});

test('what the rules change is always suspected first', () => {
  expect(isSuspicious('ls\0-l\0/tmp\0')).toBe(false);
  expect(isSuspicious('curl\0-u\0me:abc\0')).toBe(true);
  expect(isSuspicious('-u\0me:abc\0')).toBe(true);
});

test('bytes that are no text stay as they are', () => {
  const odd = Buffer.from([0xff, 0x1b, 0x3d]).toString('latin1');
  expect(redact([odd, '--token=a'])).toEqual([odd, `--token=${R}`]);
});
