// `npm start` without a tool: traces this machine for a few seconds with three tools while it does
// something harmless itself, shows what they saw, explains it, and says what to run next.
import { binaries } from '../setup/binaries.mjs';
import { SetupError } from '../setup/error.mjs';
import { COLUMNS } from './columns.mjs';
import { startTracer } from './tracer.mjs';
import { COMM, openWorkload } from './workload.mjs';

const SECONDS = 4;
const ROWS_SHOWN = 10;
const TITLES = {
  execsnoop: 'Programs that began to run',
  tcpconnect: 'TCP connections that processes of this machine tried to make',
  mkdirsnoop: 'Directories that they made, or tried to',
};

/**
 * @param {(line: string) => void} [print] receives the report, line by line; default stdout
 * @throws {SetupError} when a tool cannot trace here, with its own words
 */
export async function firstLook(print = console.log) {
  print(`Tracing this machine for ${SECONDS} seconds: every program that begins to run, every TCP`);
  print('connection attempt and every directory made, by whichever process. So that there is');
  print('something to see, this command runs `true`, connects to itself on 127.0.0.1, once to a');
  print('port where nobody listens, and makes a directory in a temporary folder; those rows carry');
  print(`the name ${COMM}.`);
  const workload = await openWorkload();
  const all = binaries();
  const tools = Object.keys(COLUMNS).map((name) => ({
    name,
    tracer: startTracer(all.get(name).path, ['--no-file', '--output', 'table']),
  }));
  try {
    for (const tool of tools) if (!(await tool.tracer.says('tracing'))) await refuse(tool);
    const end = pause(SECONDS * 1000);
    await workload.act();
    for (const tool of tools) if (!(await tool.tracer.says(COMM))) await refuse(tool);
    await end;
  } finally {
    for (const { tracer } of tools) tracer.stop();
    for (const { tracer } of tools) await tracer.ended;
    workload.close();
  }
  for (const tool of tools) show(tool, print);
  showNext(print);
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function refuse({ name, tracer }) {
  const code = await tracer.ended;
  throw new SetupError(
    `${name} cannot trace this machine:\n${tracer.notes().join('\n')}`,
    'See what can: npm start -- loader doctor',
    { exitCode: code === 3 ? 3 : 1 },
  );
}

function show({ name, tracer }, print) {
  const [header, ...rows] = tracer.lines();
  print(`\n${TITLES[name]} (npm start -- ${name}):\n`);
  for (const line of [header, ...choose(rows)]) print(`  ${line.trimEnd()}`);
  print('');
  const meanings = Object.entries(COLUMNS[name]);
  const width = Math.max(...meanings.map(([column]) => column.length));
  for (const [column, meaning] of meanings) print(`  ${column.padEnd(width)}  ${meaning}`);
}

/** The first rows, with our own among them, however busy the machine is. */
export function choose(rows, limit = ROWS_SHOWN) {
  if (rows.length <= limit) return rows;
  const places = [...rows.keys()];
  const own = places.filter((place) => rows[place].includes(COMM)).slice(0, limit - 1);
  const others = places.filter((place) => !own.includes(place)).slice(0, limit - 1 - own.length);
  const chosen = [...own, ...others].sort((a, b) => a - b);
  const rest = rows.length - chosen.length;
  return [...chosen.map((place) => rows[place]), `... and ${rest} more`];
}

function showNext(print) {
  const next = [
    ['npm start -- tcpconnect', 'until Ctrl-C; the log tcp.json gets every field as JSON'],
    ['npm start -- mkdirsnoop -o json | jq .path', 'events as JSON Lines, for other programs'],
    ['npm start -- execsnoop -- COMMAND', 'a command and all that it starts, to its exit code'],
    ['npm start -- tcpflow --interval 5', 'who connects and accepts where, how often'],
    ['npm start -- tc-tracker', 'sessions of the network, live, with bytes and owners'],
    ['npm start -- containerdsnoop', 'what is asked of containerd, decoded'],
    ['npm start -- sneakpeek -t files', 'what containers changed in their files'],
    ['npm start -- tcpconnect --failed-only', 'only what did not come about'],
    ['npm start -- mkdirsnoop --container NAME', 'only one container'],
    ['npm start -- tcpconnect --help', 'every option, with examples'],
    ['npm start -- loader doctor', 'what this kernel can do, tool by tool'],
  ];
  const width = Math.max(...next.map(([command]) => command.length));
  print('\nNext:');
  for (const [command, purpose] of next) print(`  ${command.padEnd(width)}  ${purpose}`);
}
