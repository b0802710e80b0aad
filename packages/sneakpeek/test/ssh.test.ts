import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord, sshWords } from '../src/nodes/ssh.js';

test('a word is one word for a shell, whatever is in it', () => {
  const words = [
    ...['web', '', ' ', "'", "a'b''c", '$(touch x)', '`x`', '$HOME', '"', '\\', '\n', '*', '~'],
    ...['-n', '--', ';', '&', '|', '>x', '#', '!x', '{a,b}', 'é\u{1f600}', '\x1b[2J', 'a=b'],
  ];
  const script = `for word in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`;
  const seen = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(seen).toEqual(words);
  expect(() => shellWord('a\0b')).toThrow(expect.objectContaining({ code: 'NODE_INVALID' }));
});

test('addresses and users that ssh would take for options or commands are refused', () => {
  for (const address of ['-oProxyCommand=touch x', '', 'a b', 'a;b', 'a/b', '$(x)', 'a\nb', '-']) {
    expect(() => sshWords({ address }, 'true')).toThrow(
      expect.objectContaining({ code: 'NODE_INVALID' }),
    );
  }
  for (const user of ['-x', '', 'a b', 'a;b']) {
    expect(() => sshWords({ address: 'node', user }, 'true')).toThrow(
      expect.objectContaining({ code: 'NODE_INVALID' }),
    );
  }
  for (const address of ['10.0.0.3', 'node-1.example', 'fe80::1%eth0', '[::1]', 'my_alias']) {
    expect(sshWords({ address, user: 'admin' }, 'true').slice(-5)).toEqual([
      ...['-l', 'admin', '--', address, 'true'],
    ]);
  }
});
