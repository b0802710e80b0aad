import { fileURLToPath } from 'node:url';

/** What can run as a service, one for each container. */
export type Service = 'fswatch' | 'procmon' | 'tcptracer';

/** The first line of files that we made, and so may change and remove. */
export const MARK = '# Made by sneakpeek --install; removed by sneakpeek --uninstall.';

const DESCRIPTIONS: Readonly<Record<Service, string>> = {
  fswatch: 'Changes of files in container %i',
  procmon: 'Programs that container %i runs',
  tcptracer: 'TCP connections of container %i',
};

const FLAGS: Readonly<Record<Service, readonly string[]>> = {
  fswatch: ['--wait', '-o', 'json'],
  procmon: ['--wait', '--', '-o', 'json'],
  tcptracer: ['--wait', '--', '-o', 'json'],
};

/**
 * The words that run this very program again: its file, or npx, whose cache is no place for a service
 * to rely on.
 */
export function programWords(version: string, module = import.meta.url): string[] {
  const bin = fileURLToPath(new URL('./bin.js', module));
  return bin.includes('/_npx/')
    ? ['/usr/bin/env', 'npx', '--yes', `@imagesnoop/sneakpeek@${version}`]
    : [process.execPath, bin];
}

/** A word of ExecStart. Source: systemd.service(5), "Command lines". */
export function unitWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const literal = escaped.replaceAll('%', '%%').replaceAll('$', '$$$$').replaceAll('\n', '\\n');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(literal) ? literal : `"${literal}"`;
}

/** The template unit of a service; its instances are containers. */
export function templateUnit(service: Service, program: readonly string[]): string {
  const words = [...program.map(unitWord), service, '-n', '%i', ...FLAGS[service]];
  return `${MARK}
[Unit]
Description=${DESCRIPTIONS[service]}
After=network.target docker.service containerd.service podman.service

[Service]
ExecStart=${words.join(' ')}
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;
}
