#!/usr/bin/env node
// Builds Kubernetes' own API server, for tests that talk to one, from Debian's sources of Kubernetes
// and its package of Go: 150 MB to download, 2.2 GB while it builds, some six minutes. What stays is
// .cache/kubernetes: kube-apiserver and etcd, 130 MB.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { API_SERVER, ETCD } from './programs.mjs';

/** The last release whose sources have all that they are built with in them. */
const SUITE = 'bookworm';
const GO = '1.19';
const GENERATED = 'pkg/generated/openapi';

const work = `${dirname(API_SERVER)}.new`;
const source = join(work, 'path/src/k8s.io/kubernetes');
const goroot = join(work, `root/usr/lib/go-${GO}`);
rmSync(work, { recursive: true, force: true });
mkdirSync(dirname(source), { recursive: true });

console.error('downloading Kubernetes, Go and etcd');
const files = openArchive([SUITE], { sources: true }).source('kubernetes', work);
const description = files.find((file) => file.endsWith('.dsc'));
execFileSync('dpkg-source', ['--no-check', '--extract', description, source], { stdio: 'ignore' });
const names = [`golang-${GO}-go`, `golang-${GO}-src`, 'etcd-server'];
unpack(openArchive([SUITE]).download(names, join(work, 'debs')), join(work, 'root'));

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  execFileSync(command, args, {
    cwd: source,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PATH: `${goroot}/bin:${process.env.PATH}`,
      GOROOT: goroot,
      // These sources stand in folders as Go had them before modules.
      GO111MODULE: 'off',
      GOPATH: join(work, 'path'),
      GOCACHE: join(work, 'cache'),
      GOFLAGS: '',
      CGO_ENABLED: '0',
    },
  });
}

/** @param {string} program @param {string} folder */
const build = (program, folder) =>
  run('go', ['build', '-ldflags=-s -w', '-o', join(work, program), folder]);

/** Packages whose types the server describes, as Go names them. */
function describedPackages() {
  const args = ['-rlE', '--include=*.go', '^// \\+k8s:openapi-gen=', 'pkg', 'cmd', 'staging/src'];
  const found = execFileSync('grep', args, { cwd: source, encoding: 'utf8' }).trim().split('\n');
  const folders = new Set(found.map((file) => dirname(file)));
  const vendor = 'k8s.io/kubernetes/vendor/';
  return [...folders].map((folder) =>
    folder.startsWith('staging/src/')
      ? folder.replace('staging/src/', vendor)
      : `k8s.io/kubernetes/${folder}`,
  );
}

console.error('generating the description of its types');
build('openapi-gen', './vendor/k8s.io/kube-openapi/cmd/openapi-gen');
run(join(work, 'openapi-gen'), [
  ...['--logtostderr', '--input-dirs', describedPackages().join(',')],
  ...['--output-package', `k8s.io/kubernetes/${GENERATED}`],
  ...['--output-file-base', 'zz_generated.openapi', '--report-filename', join(work, 'report')],
  ...['--go-header-file', 'hack/boilerplate/boilerplate.generatego.txt'],
]);
console.error('building');
build('kube-apiserver', './cmd/kube-apiserver');
mkdirSync(dirname(API_SERVER), { recursive: true });
copyFileSync(join(work, 'root/usr/bin/etcd'), ETCD);
renameSync(join(work, 'kube-apiserver'), API_SERVER);
rmSync(work, { recursive: true });
console.error(`built ${API_SERVER}`);
