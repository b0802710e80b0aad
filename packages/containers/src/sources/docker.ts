/**
 * Docker's Engine API, which Podman's service speaks as well. GET requests only: /version,
 * /events, /containers/json, /containers/ID/json; all present since API 1.24 and asked without a
 * version, so that each daemon answers in its own.
 */
import type { Runtime } from '../container.js';
import type { Entry } from '../inventory.js';
import { podOf } from '../labels.js';
import { count, list, object, text, texts } from '../narrow.js';
import { UnixHttp } from '../unix-http.js';
import type { Session } from './session.js';
import type { SourceContext } from './source.js';

const EVENTS = `/events?filters=${encodeURIComponent(JSON.stringify({ type: ['container'] }))}`;

export async function openDocker(context: SourceContext, path: string): Promise<Session> {
  const http = await UnixHttp.load(path);
  try {
    const version = object(await http.get('/version'));
    const podman = list(version.Components).some((c) => object(c).Name === 'Podman Engine');
    const docker = new Docker(context, http, podman ? 'podman' : 'docker');
    // First the events, then the list: what starts in between is seen twice, not never.
    const { ended } = await http.follow(EVENTS, (event) => docker.event(event));
    return {
      runtime: docker.runtime,
      version: text(version.Version) ?? null,
      listed: docker.list(),
      closed: ended,
      close: () => http.close(),
    };
  } catch (error) {
    http.close();
    throw error;
  }
}

class Docker {
  readonly runtime: Runtime;
  readonly #context: SourceContext;
  readonly #http: UnixHttp;

  constructor(context: SourceContext, http: UnixHttp, runtime: Runtime) {
    this.#context = context;
    this.#http = http;
    this.runtime = runtime;
  }

  /** Makes all containers known, and returns their keys. */
  async list(): Promise<Set<string>> {
    const keys = new Set<string>();
    const containers = list(await this.#http.get('/containers/json?all=1')).map(object);
    const running: Entry[] = [];
    for (const { Id, Names, Image, Labels, State } of containers) {
      const id = text(Id);
      if (id === undefined) continue;
      const entry = this.#describe(id, list(Names)[0], Image, texts(Labels));
      keys.add(entry.key);
      if (State === 'running' || State === 'paused') running.push(entry);
    }
    for (const entry of running) await this.#attach(entry);
    return keys;
  }

  event(value: unknown): void {
    const { Action, Actor } = object(value);
    const { ID, Attributes } = object(Actor);
    const id = text(ID);
    if (id === undefined) return;
    const attributes = texts(Attributes);
    const entry = this.#describe(id, attributes.name, attributes.image, attributes);
    const { inventory } = this.#context;
    switch (Action) {
      case 'start':
      case 'restart':
        void this.#attach(entry);
        break;
      case 'die':
      case 'died':
        inventory.ended(entry);
        break;
      case 'destroy':
      case 'remove':
        inventory.removed(entry.key);
        break;
    }
  }

  #describe(id: string, name: unknown, image: unknown, labels: Record<string, string>): Entry {
    return this.#context.inventory.describe({
      id,
      runtime: this.runtime,
      name: text(name)?.replace(/^\//, '') ?? null,
      image: text(image) ?? null,
      k8s: podOf(labels),
      managed: true,
    });
  }

  async #attach(entry: Entry): Promise<void> {
    if (entry.process !== null) return; // its state directory was quicker
    const pid = await this.#pid(entry);
    if (pid === undefined) return;
    const confirm = async () => (await this.#pid(entry)) === pid;
    await this.#context.attacher.attach(entry, { pid, confirm });
  }

  /** Of a container that runs; undefined for others, also for one that is gone meanwhile. */
  async #pid({ info }: Entry): Promise<number | undefined> {
    const path = `/containers/${encodeURIComponent(info.id)}/json`;
    const { State } = object(await this.#http.get(path).catch(() => undefined));
    const { Running, Pid } = object(State);
    return Running === true ? count(Pid) : undefined;
  }
}
