// docs/kernels.md: the results of every kernel, tool and hook, kept by the command.
//
// The detailed tables are both what people read and the record from which the page is made again
// when only some kernels or tools were run.

/** @typedef {import('./outcome.mjs').Row & { kernel: string, arch: string, release: string }} Cell */

const INTRODUCTION = `# Kernels

Every hook alternative of every tool, run and not claimed: the tools' own kernel tests inside
virtual machines with Debian's stock kernels. \`npm run test:kernels\` runs them and writes this page.

A number is how many tests passed; a dash means that this kernel cannot have the hook, and the
tables further down say why. Times are of the tests alone, under emulation, which is about ten times
slower than a machine.
`;

/** In place of the hook of tests that are about none. */
const NO_HOOK = '-';

const COLUMNS = ['tool', 'hook', 'result', 'seconds', 'why'];

/**
 * Reads the cells back from a page that \`renderPage\` wrote.
 * @param {string} page
 * @returns {Cell[]}
 */
export function parsePage(page) {
  const cells = [];
  let machine;
  for (const line of page.split('\n')) {
    const heading = /^## (\S+) on (\S+) \((\S+)\)$/.exec(line);
    if (heading) machine = { release: heading[1], arch: heading[2], kernel: heading[3] };
    const cell = machine && parseRow(line);
    if (cell) cells.push({ ...machine, ...cell });
  }
  return cells;
}

function parseRow(line) {
  const fields = line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((field) => field.trim());
  if (fields.length !== COLUMNS.length || fields[0] === 'tool' || /^-+:?$/.test(fields[0]))
    return null;
  const [tool, hook, result, seconds, why] = fields;
  const counts = /^(ok|failed|cannot)(?: (\d+))?(?:, (\d+) failed)?(?:, (\d+) skipped)?$/.exec(
    result,
  );
  if (!counts) return null;
  return {
    tool,
    hook,
    result: counts[1],
    passed: Number(counts[2] ?? 0),
    failed: Number(counts[3] ?? 0),
    skipped: Number(counts[4] ?? 0),
    seconds: Number(seconds),
    why: why.replaceAll('\\|', '|'),
  };
}

/**
 * Cells of a page after a run: those of a tool that ran on a kernel replace all it had there, those
 * of hooks alone only what it had of hooks.
 * @param {readonly Cell[]} before
 * @param {readonly Cell[]} now
 * @param {{ hooks?: boolean }} [run] hooks: only tests of hooks ran
 */
export function mergeCells(before, now, { hooks = false } = {}) {
  const key = ({ kernel, arch, tool, hook }) =>
    [kernel, arch, tool, hooks && hook === NO_HOOK].join(' ');
  const ran = new Set(now.map(key));
  const releases = new Map(now.map((cell) => [`${cell.kernel} ${cell.arch}`, cell.release]));
  const kept = before
    .filter((cell) => !ran.has(key(cell)))
    .map((cell) => ({
      ...cell,
      release: releases.get(`${cell.kernel} ${cell.arch}`) ?? cell.release,
    }));
  return [...kept, ...now];
}

/** @param {readonly Cell[]} cells @param {readonly string[]} order names of the kernels, oldest first */
export function renderPage(cells, order) {
  const machines = machinesOf(cells, order);
  const parts = [INTRODUCTION, overview(cells, machines)];
  for (const machine of machines) parts.push(section(cells, machine));
  return `${parts.join('\n')}`;
}

function machinesOf(cells, order) {
  const machines = new Map();
  for (const { kernel, arch, release } of cells)
    machines.set(`${kernel} ${arch}`, { kernel, arch, release });
  const rank = ({ kernel, arch }) => [arch === 'amd64' ? 0 : 1, order.indexOf(kernel)];
  return [...machines.values()].sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first[0] - second[0] || first[1] - second[1];
  });
}

/** Cells by tool and hook, each a list over the machines. */
function overview(cells, machines) {
  const short = ({ release, arch }) =>
    `${/^\d+\.\d+/.exec(release)?.[0]}${arch === 'amd64' ? '' : ` ${arch}`}`;
  const rows = pairs(cells).map(({ tool, hook }) => [
    tool,
    hook,
    ...machines.map((machine) =>
      brief(cells.find((cell) => same(cell, machine) && cell.tool === tool && cell.hook === hook)),
    ),
  ]);
  return table(['tool', 'hook', ...machines.map(short)], rows);
}

const same = (cell, { kernel, arch }) => cell.kernel === kernel && cell.arch === arch;

function pairs(cells) {
  const found = new Map(cells.map((cell) => [`${cell.tool}\0${cell.hook}`, cell]));
  return [...found.values()].sort(byName);
}

/** Runs of some tools or hooks move no other row. */
function byName(first, second) {
  return first.tool.localeCompare(second.tool) || first.hook.localeCompare(second.hook);
}

function brief(cell) {
  if (!cell) return '';
  if (cell.result === 'cannot') return '—';
  return cell.result === 'ok' ? String(cell.passed) : `**${cell.failed} failed**`;
}

function section(cells, machine) {
  const rows = cells
    .filter((cell) => same(cell, machine))
    .sort(byName)
    .map((cell) => [
      cell.tool,
      cell.hook,
      counts(cell),
      cell.seconds.toFixed(1),
      cell.why.replaceAll('|', '\\|'),
    ]);
  const { release, arch, kernel } = machine;
  return `## ${release} on ${arch} (${kernel})\n\n${table(COLUMNS, rows)}`;
}

function counts({ result, passed, failed, skipped }) {
  return [
    passed > 0 ? `${result} ${passed}` : result,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
}

function table(head, rows) {
  const line = (fields) => `| ${fields.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

/** The same as aligned text for a terminal. */
export function renderText(cells) {
  const rows = cells.map((cell) => [
    cell.kernel,
    cell.tool,
    cell.hook,
    counts(cell),
    `${cell.seconds.toFixed(1)} s`,
    cell.why,
  ]);
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(0, ...rows.map((row) => row[at].length)));
  return rows
    .map((row) =>
      row
        .map((field, at) => (at === 4 ? field.padStart(widths[4]) : field.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
