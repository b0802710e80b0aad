import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SneakpeekError } from '../errors.js';
import { MARK, type Service, templateUnit } from './template.js';

/** What systemd takes for the name of an instance, and `%i` gives back as it is. */
const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/;

export interface Installing {
  readonly service: Service;
  readonly containers: readonly string[];
  /** Words that run sneakpeek. */
  readonly program: readonly string[];
  /** Where unit files go. */
  readonly folder: string;
  /** Show what would be done, and do nothing. */
  readonly dryRun: boolean;
  print(text: string): Promise<void>;
}

/** Name of the unit of a container. @throws SneakpeekError UNIT_INVALID */
export function unitName(service: Service, container: string): string {
  if (INSTANCE.test(container)) return `${service}@${container}.service`;
  throw new SneakpeekError(
    'UNIT_INVALID',
    `'${container}' cannot be part of the name of a unit`,
    'Give the id of the container instead.',
  );
}

/** Writes the template, enables and starts a unit per container. @throws SneakpeekError */
export async function install(installing: Installing): Promise<void> {
  const { service, containers, program, folder, dryRun, print } = installing;
  const units = containers.map((container) => unitName(service, container));
  const path = templatePath(installing);
  const text = templateUnit(service, program);
  refuseForeign(path);
  if (dryRun) await print(`write ${path}:\n${text.replaceAll(/^(?=.)/gm, '  ')}`);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    replaceFile(folder, path, text);
    await print(`wrote ${path}\n`);
  }
  await systemctl(installing, 'daemon-reload');
  await systemctl(installing, 'enable', '--now', ...units);
}

/** Stops and disables units; the template goes with the last of them. @throws SneakpeekError */
export async function uninstall(installing: Installing): Promise<void> {
  const { service, containers, folder, dryRun, print } = installing;
  const units = containers.map((container) => unitName(service, container));
  await systemctl(installing, 'disable', '--now', ...units);
  const path = templatePath(installing);
  const left = enabled(folder, service).filter((unit) => !units.includes(unit));
  if (left.length > 0 || !existsSync(path)) return;
  refuseForeign(path);
  if (!dryRun) rmSync(path);
  await print(`${dryRun ? 'remove' : 'removed'} ${path}\n`);
  await systemctl(installing, 'daemon-reload');
}

/** Units of a service that are enabled. */
export function enabled(folder: string, service: Service): string[] {
  const wants = join(folder, 'multi-user.target.wants');
  if (!existsSync(wants)) return [];
  return readdirSync(wants).filter((name) => name.startsWith(`${service}@`));
}

const templatePath = ({ folder, service }: Installing): string =>
  join(folder, `${service}@.service`);

function refuseForeign(path: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8').startsWith(MARK)) return;
  throw new SneakpeekError(
    'UNIT_FOREIGN',
    `${path} is there already, and not made by sneakpeek`,
    'Move it away, or choose another folder with --unit-dir.',
  );
}

/** By rename, so that systemd never reads half a file. */
function replaceFile(folder: string, path: string, text: string): void {
  const next = `${path}.${process.pid}.new`;
  try {
    writeFileSync(next, text, { mode: 0o644 });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw new SneakpeekError(
      'UNIT_FAILED',
      `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`,
      `It takes root, and ${folder} has to exist.`,
      error,
    );
  }
}

async function systemctl({ dryRun, print }: Installing, ...words: string[]): Promise<void> {
  const line = ['systemctl', ...words].join(' ');
  if (dryRun) return print(`run ${line}\n`);
  try {
    await promisify(execFile)('systemctl', words);
    await print(`${line}\n`);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new SneakpeekError(
      'UNIT_FAILED',
      `${line}: ${stderr.trim() || message}`,
      'The services need systemd; --dry-run shows what would be done.',
      error,
    );
  }
}
