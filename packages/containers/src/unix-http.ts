/**
 * HTTP/1.1 with JSON over a Unix socket, for Docker's and Podman's API. Node's own client is all
 * it takes; dockerode would cost 140 ms of start-up for three GET requests.
 */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { ContainersError, reason } from './errors.js';

/** A daemon on this machine that needs longer than this is as good as stuck. */
const CALL_MS = 5000;
/** A thousand containers list in about 2 MB. */
const MAX_BODY_BYTES = 64 << 20;

export class UnixHttp {
  readonly #path: string;
  readonly #http: typeof import('node:http');
  readonly #agent: Agent;
  readonly #streams = new Set<ClientRequest>();

  private constructor(path: string, http: typeof import('node:http')) {
    this.#path = path;
    this.#http = http;
    // One connection, kept: after privileges are dropped no second one can be made.
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  static async load(path: string): Promise<UnixHttp> {
    return new UnixHttp(path, await import('node:http'));
  }

  /** The parsed body. Throws RUNTIME_CALL_FAILED, or the system's error when not connected. */
  async get(path: string): Promise<unknown> {
    const response = await this.#request(path, this.#agent);
    const timer = setTimeout(() => response.destroy(new Error('no answer')), CALL_MS);
    try {
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) {
        body += chunk;
        if (body.length > MAX_BODY_BYTES) throw new Error('answer too long');
      }
      if (response.statusCode === 200) return JSON.parse(body);
      throw new Error(`status ${response.statusCode}`);
    } catch (cause) {
      throw new ContainersError('RUNTIME_CALL_FAILED', `GET ${path}: ${reason(cause)}`, {
        hint: 'The daemon refused or broke off a read-only question; its log may say why.',
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls back for each JSON object of an endless answer, on a connection of its own. Resolves
   * when the answer has begun, so that nothing is missed after that; `ended` settles at its end.
   */
  async follow(path: string, onObject: (o: unknown) => void): Promise<{ ended: Promise<void> }> {
    const response = await this.#request(path, false);
    response.socket.unref();
    const ended = new Promise<void>((resolve) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MAX_BODY_BYTES) response.destroy();
        for (const line of lines) {
          const object = parsed(line);
          if (object !== undefined) onObject(object);
        }
      });
      response.once('close', resolve).on('error', () => {});
    });
    return { ended };
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }

  #request(path: string, agent: Agent | false): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#path, path, agent, headers: { host: 'localhost' } };
      const request = this.#http.get(options, resolve);
      request.once('error', reject);
      request.setTimeout(CALL_MS, () => request.destroy(new Error('no answer')));
      request.once('response', () => request.setTimeout(0));
      this.#streams.add(request);
      request.once('close', () => this.#streams.delete(request));
    });
  }
}

function parsed(line: string): unknown {
  try {
    return line.trim() === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
