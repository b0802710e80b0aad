import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { SneakpeekError } from '../errors.js';

/** Another machine. */
export interface Node {
  /** Name or address, as ssh takes it. */
  readonly address: string;
  /** As whom to log in; ssh's own configuration says, if left out. */
  readonly user?: string | undefined;
}

/** How to run sneakpeek on another machine: a command of its shell, in front of our words. */
export const remoteCommand = (version: string): string =>
  `sudo -n npx --yes @imagesnoop/sneakpeek@${version}`;

/** What a name, an address (also of IPv6, with zone) or an alias of ssh's configuration may have. */
const ADDRESS = /^[A-Za-z0-9_[][A-Za-z0-9_.:%\]-]*$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*$/;

/** One word for a POSIX shell, whatever its characters. @throws SneakpeekError NODE_INVALID on a NUL */
export function shellWord(text: string): string {
  if (text.includes('\0')) throw new SneakpeekError('NODE_INVALID', 'a word has a NUL in it', '');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The words of an ssh call. The system's ssh is used, so keys, agents, jump hosts and all that its
 * configuration says apply; without a terminal it asks for nothing.
 *
 * @param command for the remote shell, already quoted where it has to be
 * @throws SneakpeekError NODE_INVALID for what would be no address, or an option of ssh
 */
export function sshWords({ address, user }: Node, command: string): string[] {
  if (!ADDRESS.test(address)) {
    throw new SneakpeekError(
      'NODE_INVALID',
      `'${address}' is no name or address of a node`,
      '-a takes one.',
    );
  }
  if (user !== undefined && !USER.test(user)) {
    throw new SneakpeekError('NODE_INVALID', `'${user}' is no name of a user`, '-u takes one.');
  }
  const asks = isatty(0) ? [] : ['-o', 'BatchMode=yes'];
  const login = user === undefined ? [] : ['-l', user];
  return ['-T', '-o', 'ConnectTimeout=10', ...asks, ...login, '--', address, command];
}

/** A command that runs on another machine. Its standard input ends when this process does, or ends it. */
export class RemoteCommand {
  readonly #node: Node;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #lines: AsyncIterable<string> | undefined;
  #stderr = '';

  /**
   * @param prefix what runs sneakpeek there
   * @param words its words
   */
  constructor(node: Node, prefix: string, words: readonly string[], signal?: AbortSignal) {
    this.#node = node;
    const command = [prefix, ...words.map(shellWord)].join(' ');
    this.#child = spawn('ssh', sshWords(node, command), { stdio: 'pipe' });
    this.#ended = once(this.#child, 'close').then(
      ([code]) => code as number | null,
      (error) => this.#fail((error as Error).message),
    );
    this.#ended.catch(() => {}); // whoever reads the lines hears of it
    const { stdout } = this.#child;
    // Read from the start, some lines ahead: what nobody reads is thrown away when a child ends.
    const lines = stdout && createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY });
    if (lines) this.#lines = iterable(lines[Symbol.asyncIterator]());
    this.#child.stdin?.on('error', () => {}); // the other end tells itself why it is gone
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4096);
    });
    signal?.addEventListener('abort', () => this.#child.kill(), { once: true });
  }

  /** Its lines, as they come. @throws SneakpeekError NODE_FAILED when ssh or the command fails */
  async *lines(): AsyncGenerator<string, void, undefined> {
    if (this.#lines) yield* this.#lines;
    const code = await this.#ended;
    if (code !== 0 && !this.#child.killed) this.#fail(`exit code ${code}`);
  }

  #fail(how: string): never {
    const { address } = this.#node;
    const said = this.#stderr.trim().split('\n').slice(-3).join('; ');
    throw new SneakpeekError(
      'NODE_FAILED',
      `${address}: ${said === '' ? how : said}`,
      `Try: ssh ${address} true. What runs there is set by --remote.`,
    );
  }
}

const iterable = <T>(iterator: AsyncIterator<T>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => iterator,
});
