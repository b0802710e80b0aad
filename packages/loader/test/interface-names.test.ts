import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isWanted, parsePatterns, routedInterfaces } from '../src/interfaces/names.js';

describe('patterns', () => {
  const wanted = (given: string[], name: string) => isWanted(parsePatterns(given), name);

  test.each([
    [['eth0'], 'eth0', true],
    [['eth0'], 'eth01', false],
    [['veth*'], 'veth1a2b', true],
    [['eth?'], 'eth10', false],
    [['eth[0-2]'], 'eth1', true],
    [['eth[!0-2]'], 'eth1', false],
    [['br-*', '!br-7*'], 'br-7f', false],
    [['br-*', '!br-7*'], 'br-6f', true],
    [['a.b+c'], 'a.b+c', true],
    [['a.b+c'], 'axbbc', false],
  ] as const)('%s, %s', (given, name, is) => {
    expect(wanted([...given], name)).toBe(is);
  });

  test('without any, and with exclusions alone, the default decides of the rest', () => {
    expect(wanted([], 'eth0')).toBeUndefined();
    expect(wanted(['!docker0'], 'eth0')).toBeUndefined();
    expect(wanted(['!docker0'], 'docker0')).toBe(false);
  });

  test('only plain names have to be there', () => {
    expect(parsePatterns(['eth0', 'veth*', '!eth1']).exact).toEqual(['eth0']);
  });
});

test('routes that come by themselves do not make an interface carry one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'routes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const six = (to: string, flags: string, name: string) =>
    `${to} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 ${flags} ${name.padStart(8)}`;
  writeFileSync(
    join(folder, 'route'),
    'Iface\tDestination\tGateway\tFlags\n' +
      'eth0\t00000000\t0100000A\t0003\t0\neth9\t0000000A\t00000000\t0000\t0\n',
  );
  writeFileSync(
    join(folder, 'ipv6_route'),
    [
      six('20010db8000000000000000000000000', '00000001', 'eth1'),
      six('fe800000000000000000000000000000', '00000001', 'eth2'),
      six('ff000000000000000000000000000000', '00000001', 'eth3'),
      six('20010db8000000000000000000000001', '80200001', 'eth4'),
      six('00000000000000000000000000000000', '00200200', 'lo'),
    ].join('\n'),
  );
  expect([...routedInterfaces(folder)].sort()).toEqual(['eth0', 'eth1']);
  expect(routedInterfaces(join(folder, 'none')).size).toBe(0);
});
