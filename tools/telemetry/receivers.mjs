// The programs that people send telemetry to, for tests: Debian's Prometheus, and an OpenTelemetry
// Collector built from Debian's packages of its sources (`node tools/telemetry/build-collector.mjs`).
// Both stay below .cache/telemetry; nothing is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openArchive } from '../apt.mjs';
import { ROOT } from '../setup/paths.mjs';

export const FOLDER = join(ROOT, '.cache', 'telemetry');
export const COLLECTOR = join(FOLDER, 'otelcol');
/** Its Prometheus runs on Debian 12, too. OTLP is left out of all that Debian builds. */
const PROMETHEUS_SUITES = ['trixie', 'trixie-security'];

/**
 * Prometheus, downloaded when it is not there (16 MB).
 *
 * @returns {string} path of the binary
 * @throws {AptError} when it cannot be had
 */
export function prometheus() {
  const folder = join(FOLDER, 'prometheus');
  const binary = join(folder, 'usr', 'bin', 'prometheus');
  if (existsSync(binary)) return binary;
  const part = join(FOLDER, `prometheus.${process.pid}`);
  unpack(openArchive(PROMETHEUS_SUITES), ['prometheus'], part);
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
  return binary;
}

/** Downloads packages and puts their files below a folder. */
export function unpack(archive, names, folder) {
  const packages = join(folder, '.packages');
  mkdirSync(packages, { recursive: true });
  for (const file of archive.download(names, packages))
    execFileSync('dpkg', ['--extract', file, folder]);
  rmSync(packages, { recursive: true });
}
