import { describe, expect, test } from 'vitest';
import { dependencyNames, parseMirrors, parseParagraph, parseSimulation } from '../apt.mjs';

describe("apt's answers", () => {
  test('mirrors by purpose; sources of others are left alone', () => {
    const targets = [
      'https://packages.example/node|nodistro',
      'http://mirror.example/debian/|bookworm',
      'http://mirror.example/debian-security/|bookworm-security',
      'http://other.example/debian/|trixie',
    ];
    expect(parseMirrors(targets.join('\n'))).toEqual({
      main: 'http://mirror.example/debian/',
      security: 'http://mirror.example/debian-security/',
    });
    expect(parseMirrors('http://archive.example/ubuntu|noble')).toEqual({});
  });

  test('the first paragraph, with folded lines', () => {
    const text = 'Package: a\nVersion: 1:2-3\nDescription: short\n longer\n\nPackage: b\n';
    expect(parseParagraph(text)).toEqual({
      Package: 'a',
      Version: '1:2-3',
      Description: 'short\nlonger',
    });
  });

  test('names of dependencies, the first of alternatives', () => {
    expect(dependencyNames('kmod, linux-base (>= 4.3~), dracut | initramfs-tools, x:any')).toEqual([
      'kmod',
      'linux-base',
      'dracut',
      'x',
    ]);
    expect(dependencyNames(undefined)).toEqual([]);
  });

  test('what a simulated installation would bring, new or newer', () => {
    const text =
      'Inst libfdt1 (1.6.1-4+b1 Debian:12.11/oldstable [amd64])\n' +
      'Inst kmod [30-1] (30-2 Debian:12.11/oldstable [arm64])\n' +
      'Conf libfdt1 (1.6.1-4+b1 Debian:12.11/oldstable [amd64])\n';
    expect(parseSimulation(text)).toEqual([
      { name: 'libfdt1', version: '1.6.1-4+b1', arch: 'amd64' },
      { name: 'kmod', version: '30-2', arch: 'arm64' },
    ]);
  });
});
