// Debian packages of any suite, fetched through a private apt configuration.
//
// The system's apt is read and never changed: mirrors, proxies and the acquire settings come from
// the machine's own configuration, signatures are verified by apt as always, and every list and
// archive stays under `.cache/apt`. Used to get kernels, emulators and sources to build from.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/** An expected failure of apt or of the machine's configuration, with advice. */
export class AptError extends Error {
  /** @param {string} code @param {string} message @param {string} hint @param {unknown} [cause] */
  constructor(code, message, hint, cause) {
    super(message, { cause });
    this.name = 'AptError';
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Lines of `apt-get indextargets` as mirrors by purpose.
 * @param {string} targets one `URI|RELEASE` per line
 * @returns {{ main?: string, security?: string }}
 */
export function parseMirrors(targets) {
  const found = {};
  for (const line of targets.split('\n')) {
    const [uri, release] = line.split('|');
    if (!uri || !release || !/\bdebian\b/.test(uri)) continue;
    if (release.endsWith('-security')) found.security ??= uri;
    else found.main ??= uri;
  }
  return found;
}

/** One paragraph of apt's output as an object; folded lines are joined. */
export function parseParagraph(text) {
  const fields = {};
  let last;
  for (const line of text.split('\n')) {
    if (line === '') break;
    const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? [];
    if (name) {
      fields[name] = value;
      last = name;
    } else if (last) {
      fields[last] += `\n${line.trim()}`;
    }
  }
  return fields;
}

/** Names in a Depends field, first alternative only, without versions. */
export function dependencyNames(field = '') {
  return field
    .split(',')
    .map((each) =>
      each
        .split('|')[0]
        .replace(/\(.*\)/, '')
        .replace(/:any$/, '')
        .trim(),
    )
    .filter(Boolean);
}

/** The packages apt says it would install, from `apt-get --simulate install`. */
export function parseSimulation(text) {
  return [...text.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) [^)]*\[(\w+)\]/gm)].map(
    ([, name, version, arch]) => ({ name: name.replace(/:\w+$/, ''), version, arch }),
  );
}

/** Debian's name of this machine's architecture (amd64, arm64). */
export const hostArchitecture = () =>
  execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();

/**
 * Opens one or more suites, e.g. `openArchive(['bookworm', 'bookworm-backports'])`.
 *
 * @param {readonly string[]} suites Debian suites; `NAME-security` comes from the security mirror
 * @param {object} [options]
 * @param {readonly string[]} [options.architectures] Debian names; default this machine's
 * @param {boolean} [options.installed] take this machine's installed packages into account, so
 *   that `closure()` names only what is missing
 * @param {boolean} [options.sources] fetch the lists of source packages too
 * @param {string} [options.native] architecture of names without one; default this machine's
 * @param {string} [options.directory] default `.cache/apt`
 * @returns {Archive}
 */
export function openArchive(suites, options = {}) {
  return new Archive(suites, options);
}

export class Archive {
  #dir;
  #environment;

  constructor(
    suites,
    {
      architectures = [hostArchitecture()],
      installed = false,
      sources = false,
      native = hostArchitecture(),
      directory = join(repository, '.cache/apt'),
    } = {},
  ) {
    const kind = [
      ...architectures,
      ...(installed ? ['installed'] : []),
      ...(sources ? ['src'] : []),
      ...(native === hostArchitecture() ? [] : [`native-${native}`]),
    ];
    this.#dir = resolve(directory, `${suites.join('+')}_${kind.join('+')}`);
    this.#environment = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(this.#dir, 'apt.conf') };
    this.#configure({ suites, architectures, installed, sources, native });
  }

  #configure({ suites, architectures, installed, sources, native }) {
    const dir = this.#dir;
    const parts = [
      'etc/apt.conf.d',
      'etc/preferences.d',
      'etc/sources.list.d',
      'etc/trusted.gpg.d',
    ];
    for (const each of [...parts, 'lists/partial', 'cache/archives/partial', 'dpkg']) {
      mkdirSync(join(dir, each), { recursive: true });
    }
    const status = installed ? '/var/lib/dpkg/status' : join(dir, 'dpkg/status');
    if (!installed) writeFileSync(status, '');
    const mirrors = hostMirrors();
    const list = suites.flatMap((suite) => {
      const uri = suite.endsWith('-security') ? mirrors.security : mirrors.main;
      if (uri === undefined) throw noMirror(suite);
      const at = `[arch=${architectures.join(',')}] ${uri} ${suite} main`;
      return [`deb ${at}`, ...(sources ? [`deb-src ${at}`] : [])];
    });
    writeIfChanged(join(dir, 'etc/sources.list'), `${list.join('\n')}\n`);
    const lines = [
      ...hostAcquireSettings(),
      `Dir::Etc "${dir}/etc";`,
      `Dir::Etc::TrustedParts "/usr/share/keyrings";`,
      `Dir::State "${dir}";`,
      `Dir::State::Lists "${dir}/lists";`,
      `Dir::State::status "${status}";`,
      `Dir::Cache "${dir}/cache";`,
      `APT::Architecture "${native}";`,
      `APT::Architectures { ${architectures.map((each) => `"${each}";`).join(' ')} };`,
      'APT::Sandbox::User "root";',
      '',
    ];
    writeIfChanged(join(dir, 'apt.conf'), lines.join('\n'));
  }

  /** Fetches the lists when they are missing, older than a week, or `force` is given. */
  update({ force = false } = {}) {
    const stamp = join(this.#dir, 'updated');
    const age = existsSync(stamp) ? Date.now() - statSync(stamp).mtimeMs : Number.POSITIVE_INFINITY;
    const sourcesChanged =
      existsSync(stamp) &&
      statSync(join(this.#dir, 'etc/sources.list')).mtimeMs > statSync(stamp).mtimeMs;
    if (!force && !sourcesChanged && age < LISTS_MAX_AGE_MS) return;
    try {
      this.#run('apt-get', ['-q', '-o', 'APT::Update::Error-Mode=any', 'update']);
    } catch (error) {
      const known = readdirSync(join(this.#dir, 'lists')).some((name) =>
        name.endsWith('InRelease'),
      );
      if (!known || force) throw error;
      process.stderr.write(`apt: lists could not be refreshed, older ones are used\n`);
    }
    writeFileSync(stamp, '');
  }

  /**
   * The newest version of a package as its paragraph (`Version`, `Depends`, `SHA256`, ...).
   * @param {string} name may carry `:arch`
   * @returns {Record<string, string>} throws AptError APT_NO_SUCH_PACKAGE
   */
  show(name) {
    this.update();
    try {
      return parseParagraph(this.#run('apt-cache', ['show', '--no-all-versions', name]));
    } catch (cause) {
      const hint = 'The suite may have renamed it; look with apt-cache search.';
      throw new AptError('APT_NO_SUCH_PACKAGE', `No package ${name} in this suite`, hint, cause);
    }
  }

  /**
   * Downloads packages (`name`, `name:arch` or `name=version`) into a directory.
   * @returns {string[]} paths of the .deb files
   */
  download(names, directory) {
    this.update();
    return this.#fetch(['-q', 'download', ...names], directory).filter((file) =>
      file.endsWith('.deb'),
    );
  }

  /** Downloads a source package (.dsc and tarballs, verified, not unpacked): paths of its files. */
  source(name, directory) {
    this.update();
    return this.#fetch(['-q', '--download-only', '--only-source', 'source', name], directory);
  }

  #fetch(args, directory) {
    mkdirSync(directory, { recursive: true });
    const attempt = () => {
      this.#run('apt-get', args, { cwd: directory });
      return readdirSync(directory).map((name) => join(resolve(directory), name));
    };
    try {
      return attempt();
    } catch {
      // A point release removes old versions from the pool: the lists are stale, not the wish.
      this.update({ force: true });
      return attempt();
    }
  }

  /**
   * What has to be added to get these packages working, as apt resolves it.
   * @param {readonly string[]} names
   * @param {string} [release] preferred suite, e.g. `bookworm-backports`
   * @returns {{ name: string, version: string, arch: string }[]}
   */
  closure(names, release) {
    this.update();
    const target = release ? ['-t', release] : [];
    const args = ['-q', '--simulate', '--no-install-recommends', ...target, 'install', ...names];
    return parseSimulation(this.#run('apt-get', args));
  }

  #run(command, args, { cwd } = {}) {
    try {
      return execFileSync('flock', [join(this.#dir, 'lock'), command, ...args], {
        cwd: cwd ?? this.#dir,
        env: this.#environment,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (cause) {
      const said = String(cause.stderr ?? cause.message);
      const errors = said.split('\n').filter((line) => /^[EW]:/.test(line));
      throw new AptError(
        'APT_FAILED',
        `${command} ${args.join(' ')} failed: ${(errors.at(-1) ?? said).trim()}`,
        "Check the network and the machine's apt sources (apt-get update).",
        cause,
      );
    }
  }
}

function hostMirrors() {
  const format = '$(REPO_URI)|$(RELEASE)';
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', format, 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  return parseMirrors(targets);
}

function noMirror(suite) {
  return new AptError(
    'APT_NO_MIRROR',
    `No Debian mirror for ${suite} in this machine's apt sources`,
    'Add a Debian source (deb URI SUITE main) to /etc/apt/sources.list.d, then try again.',
  );
}

/** Proxies, time-outs, checks and compression as the machine's administrator set them. */
function hostAcquireSettings() {
  const dump = execFileSync('apt-config', ['dump'], { encoding: 'utf8' });
  const ours = /^Acquire::(?!IndexTargets|Changelogs|Languages)\S+ ".+";$/;
  return [...dump.split('\n').filter((line) => ours.test(line)), 'Acquire::Languages "none";'];
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
}

/** Unpacks .deb files into a directory (created when missing) without installing anything. */
export function unpack(debs, directory) {
  mkdirSync(directory, { recursive: true });
  for (const deb of debs) execFileSync('dpkg-deb', ['-x', deb, directory]);
}
