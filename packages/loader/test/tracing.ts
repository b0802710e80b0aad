// Runs fixtures/tracing.mjs and talks with it, a line of JSON at a time.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class Tracing {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param pid of the only process that is traced, if given */
  constructor(mode: string, env: NodeJS.ProcessEnv = {}, pid?: number) {
    const script = fileURLToPath(new URL('./fixtures/tracing.mjs', import.meta.url));
    const { SUDO_UID: _uid, SUDO_GID: _gid, ...inherited } = process.env;
    this.child = spawn(
      process.execPath,
      [script, mode, ...(pid === undefined ? [] : [String(pid)])],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...inherited, ...env },
      },
    );
    const input = this.child.stdout as NodeJS.ReadableStream;
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** The next thing it says. */
  async hear(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the tracing process ended early');
    return JSON.parse(value) as Record<string, unknown>;
  }

  tell(line: object): void {
    this.child.stdin?.write(`${JSON.stringify(line)}\n`);
  }
}
