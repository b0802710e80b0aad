// The diagnosis for people: aligned, coloured only where asked for.
import type { HookChoice } from '../plan.js';
import type { Diagnosis } from './examine.js';
import type { HookKind } from './kinds.js';
import type { ToolReport } from './tools.js';

type Line = readonly [label: string, good: boolean | null, text: string];

const LABEL_WIDTH = 16;
const MARKS = { good: ['ok', 32], bad: ['--', 31], neutral: ['  ', 0] } as const;

export function report(diagnosis: Diagnosis, color: boolean): string {
  const sections: [title: string, lines: Line[]][] = [
    ['machine', machineLines(diagnosis)],
    ['hooks, each tried', diagnosis.hooks.map(hookLine)],
    ['container runtimes', runtimeLines(diagnosis)],
    ['tools', diagnosis.tools.flatMap(toolLines)],
    ['missing', diagnosis.missing.map(({ what, how }) => [what, null, how])],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => {
      const width = Math.max(LABEL_WIDTH, ...lines.map(([label]) => label.length));
      return `${bold(title, color)}\n${lines.map(render(width, color)).join('')}`;
    })
    .join('\n');
}

function machineLines(diagnosis: Diagnosis): Line[] {
  const { kernel, btf, capabilities, tc } = diagnosis;
  const lacking = Object.keys(capabilities).filter((name) => !capabilities[name]);
  const held = Object.keys(capabilities).filter((name) => capabilities[name]);
  const size = btf.bytes === null ? '' : ` (${(btf.bytes / 1e6).toFixed(1)} MB)`;
  const traffic: Line =
    diagnosis.hooks.length === 0
      ? ['tc', null, 'not tried']
      : ['tc', tc.flavour !== null, tc.flavour ?? (tc.why as string)];
  return [
    ['kernel', kernel.supported, `${kernel.release} ${kernel.arch}`],
    ['BTF', btf.path !== null, btf.path === null ? 'none' : `${btf.path}${size}`],
    [
      'lockdown',
      diagnosis.lockdown !== 'confidentiality',
      diagnosis.lockdown ?? 'not known: securityfs is not mounted',
    ],
    ['capabilities', held.length > 0, held.join(' ') || 'none'],
    ...(lacking.length > 0 && held.length > 0
      ? [['', null, `not ${lacking.join(' ')}`] as Line]
      : []),
    ['settings', null, settings(diagnosis)],
    traffic,
  ];
}

function settings({ settings }: Diagnosis): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function hookLine({ kind, status, why }: HookKind): Line {
  return [kind, status === 'works', why === null ? status : `${status}: ${why}`];
}

function runtimeLines({ runtimes }: Diagnosis): Line[] {
  if (runtimes.length === 0) return [['none', null, 'containers are told apart by their ids only']];
  return runtimes.map(({ runtime, socket, answers }) => [
    runtime,
    answers,
    answers ? socket : `${socket} (does not answer this user)`,
  ]);
}

function toolLines({ tool, ok, hooks, ready_ms, notes, error, hint }: ToolReport): Line[] {
  if (!ok) {
    const advice: Line[] = hint === null ? [] : [['', null, hint]];
    return [[tool, false, error ?? 'failed'], ...advice];
  }
  return [
    [tool, true, `ready in ${ready_ms} ms`],
    ...hooks.flatMap(choiceLines),
    ...notes.map((note): Line => ['', null, note]),
  ];
}

function choiceLines({ event, chosen, note, rejected }: HookChoice): Line[] {
  const text = note === undefined ? `${event}: ${chosen}` : `${event}: ${chosen} (${note})`;
  return [
    ['', null, text],
    ...rejected.map(({ name, why }): Line => ['', null, `  not ${name}: ${why}`]),
  ];
}

function render(width: number, color: boolean) {
  return ([label, good, text]: Line): string => {
    const [mark, code] = good === null ? MARKS.neutral : good ? MARKS.good : MARKS.bad;
    const shown = color && code !== 0 ? `\x1b[${code}m${mark}\x1b[0m` : mark;
    return `  ${label.padEnd(width)} ${shown} ${text}\n`;
  };
}

function bold(text: string, color: boolean): string {
  return color ? `\x1b[1m${text}\x1b[0m` : text;
}
