// Two network namespaces of the test's own with a cable between them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiled } from '../../../tools/testing/compiled.mjs';

const ip = (...args: string[]) => execFileSync('ip', args, { encoding: 'utf8' });

/** What an interface counted, as `ip -s link` shows it. */
export interface Counters {
  readonly tx: { readonly bytes: number; readonly packets: number };
  readonly rx: { readonly bytes: number; readonly packets: number };
}

let pairs = 0;

/** `client` and `server` namespaces; addresses 10.77.0.1 and .2, fd77::1 and ::2. */
export class VethPair {
  readonly client = `tct${process.pid}c${pairs}`;
  readonly server = `tct${process.pid}s${pairs}`;
  /** The interface in both namespaces. */
  readonly name = 'cable';
  readonly #children: ChildProcess[] = [];

  constructor() {
    pairs++;
    ip('netns', 'add', this.client);
    ip('netns', 'add', this.server);
    const to = ['peer', 'name', this.name, 'netns', this.server];
    ip('link', 'add', this.name, 'netns', this.client, 'type', 'veth', ...to);
    for (const [namespace, host] of [
      [this.client, 1],
      [this.server, 2],
    ] as const) {
      // Silence but for what tests send: no reports, no addresses of their own, no questions who is
      // where. A small window keeps fast senders from overrunning the cable, so nothing is repeated.
      const quiet = ['mldv2_unsolicited_report_interval=1', 'router_solicitations=0'];
      for (const each of quiet)
        this.inside(namespace, 'sysctl', '-qw', `net.ipv6.conf.${this.name}.${each}`);
      this.inside(namespace, 'sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 65536 131072');
      const link = ['-n', namespace, 'link', 'set', this.name];
      ip(...link, 'address', `02:00:00:00:00:0${host}`, 'addrgenmode', 'none');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'address', 'add', `10.77.0.${host}/24`, 'dev', this.name);
      const address = [`fd77::${host}/64`, 'dev', this.name, 'nodad'];
      ip('-n', namespace, 'address', 'add', ...address);
      ip(...link, 'up');
      for (const peer of ['10.77.0.', 'fd77::']) {
        const mac = ['lladdr', `02:00:00:00:00:0${3 - host}`, 'dev', this.name];
        ip('-n', namespace, 'neighbour', 'replace', `${peer}${3 - host}`, ...mac);
      }
    }
  }

  /** One skb per packet from now on. */
  withoutGso(): void {
    for (const namespace of [this.client, this.server])
      ip('-n', namespace, 'link', 'set', this.name, 'gso_max_segs', '1');
  }

  counters(namespace = this.client): Counters {
    const [link] = JSON.parse(ip('-n', namespace, '-j', '-s', 'link', 'show', this.name));
    return link.stats64;
  }

  inside(namespace: string, ...command: string[]): string {
    return ip('netns', 'exec', namespace, ...command);
  }

  /** A program of test/workload that runs on; resolves with it once it has printed `ready`. */
  async start(namespace: string, program: string, ...args: string[]): Promise<ChildProcess> {
    const child = this.spawn(namespace, process.execPath, workload(`${program}.mjs`), ...args);
    const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    if (!String(line).startsWith('ready')) throw new Error(`${program}: ${line}`);
    return child;
  }

  /** A program of test/workload that ends; resolves with what it printed, parsed. */
  async run<Told>(namespace: string, program: string, ...args: string[]): Promise<Told> {
    const child = this.spawn(namespace, compiled(workload(`${program}.c`)), ...args);
    let said = '';
    child.stdout?.on('data', (text) => {
      said += text;
    });
    await once(child, 'close');
    return JSON.parse(said) as Told;
  }

  spawn(namespace: string, ...command: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    ip('netns', 'delete', this.client);
    ip('netns', 'delete', this.server);
  }
}

function workload(program: string): string {
  return fileURLToPath(new URL(`./workload/${program}`, import.meta.url));
}

/** Whose namespace this is, as rows have it. */
export function netnsOf(name: string): number {
  const inode = execFileSync('stat', ['-L', '-c', '%i', `/run/netns/${name}`], {
    encoding: 'utf8',
  });
  return Number(inode);
}

/** The process that attaches for a tool, which is its child. */
export function attacherOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

/** How many BPF links a process holds. */
export function linksOf(pid: number): number {
  const open = readdirSync(`/proc/${pid}/fd`);
  return open.filter((fd) => targetOf(`/proc/${pid}/fd/${fd}`) === 'anon_inode:bpf_link').length;
}

/** Where a link leads; undefined for one that has gone, as descriptors of a running process do. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
