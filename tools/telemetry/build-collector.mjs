#!/usr/bin/env node
// Builds an OpenTelemetry Collector that receives OTLP and prints it, from Debian's packages of its
// sources and of Go (sid, since no release has them yet): 290 MB to download, 2.3 GB while it builds,
// five minutes. What stays is .cache/telemetry/otelcol, 30 MB.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openArchive } from '../apt.mjs';
import { COLLECTOR, FOLDER, unpack } from './receivers.mjs';

const work = join(FOLDER, 'collector');
const archive = openArchive(['sid']);
const wanted = ['golang-opentelemetry-collector-dev', 'golang-go'];
const names = archive
  .closure(wanted)
  .map(({ name }) => name)
  .filter((name) => name.startsWith('golang-'));
const [compiler] = names.filter((name) => /^golang-[0-9.]+-go$/.test(name));
if (compiler === undefined) throw new Error('sid has no Go');

console.error(`downloading ${names.length} packages`);
unpack(archive, names, work);
const goroot = join(work, 'usr', 'lib', compiler.replace(/^golang-(.*)-go$/, 'go-$1'));
const source = join(work, 'path', 'src', 'otelcol');
mkdirSync(source, { recursive: true });
copyFileSync(join(import.meta.dirname, 'collector.go'), join(source, 'main.go'));

console.error('building');
execFileSync(join(goroot, 'bin', 'go'), ['build', '-ldflags=-s -w', '-o', COLLECTOR, '.'], {
  cwd: source,
  stdio: 'inherit',
  env: {
    ...process.env,
    GOROOT: goroot,
    // Debian's sources stand in folders as Go had them before modules.
    GO111MODULE: 'off',
    GOPATH: [join(work, 'path'), join(work, 'usr', 'share', 'gocode')].join(':'),
    GOCACHE: join(work, 'cache'),
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  },
});
rmSync(work, { recursive: true });
console.error(`built ${COLLECTOR}`);
