// A registry on loopback: takes our packages from anybody, and passes on what it is asked of others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT, toolEnv } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const PROJECT = join(ROOT, 'tools', 'packages', 'registry');
const SERVER = join(PROJECT, 'node_modules', 'verdaccio', 'bin', 'verdaccio');

/**
 * Starts the registry; what it holds is in `folder` and gone with it.
 *
 * @param {string} folder an empty one
 * @returns {Promise<{ url: string, env: NodeJS.ProcessEnv, close(): Promise<void> }>} `env` makes npm,
 *   pnpm and npx use it, with nothing of this user's configuration or cache
 */
export async function startRegistry(folder) {
  if (!existsSync(SERVER)) {
    await run('pnpm', ['install', '--frozen-lockfile'], { cwd: PROJECT, env: toolEnv() });
  }
  const upstream = (await run('npm', ['config', 'get', 'registry'])).trim();
  const port = await freePort();
  const config = join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify(configuration(folder, upstream)));
  const server = spawn(process.execPath, [SERVER, '-c', config, '-l', `127.0.0.1:${port}`], {
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await listening(server);
  const url = `http://127.0.0.1:${port}/`;
  const env = await environment(folder, url);
  return {
    url,
    env,
    async close() {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}

// YAML is a superset of JSON, so this is what verdaccio reads.
function configuration(folder, upstream) {
  const everybody = { access: '$all', publish: '$all' };
  return {
    storage: join(folder, 'storage'),
    uplinks: { others: { url: upstream, maxage: '60m', timeout: '60s' } },
    packages: { '@imagesnoop/*': everybody, '**': { access: '$all', proxy: 'others' } },
    log: { type: 'stdout', format: 'json', level: 'warn' },
    max_body_size: '50mb',
  };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** What the registry says is read to the end, since it must not stop at a full pipe. */
async function listening(server) {
  let said = '';
  await new Promise((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      said = `${said}${text}`.slice(-10_000);
      if (said.includes('http address')) resolve();
    });
    server.once('exit', () => reject(new Error(`the registry ended:\n${said}`)));
  });
}

async function environment(folder, url) {
  const home = join(folder, 'home');
  mkdirSync(home);
  const npmrc = join(home, '.npmrc');
  // npm wants to be somebody before it publishes; the registry does not ask who.
  writeFileSync(npmrc, `registry=${url}\n${url.replace('http:', '')}:_authToken=anybody\n`);
  return { HOME: home, npm_config_userconfig: npmrc, npm_config_cache: join(folder, 'cache') };
}
