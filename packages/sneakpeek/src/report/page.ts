import type { ContainerInfo } from '@imagesnoop/containers';
import { bytesText, displayBytes } from '@imagesnoop/output';
import { type BytePath, bytesOf } from '../files/byte-path.js';
import { STYLE } from './style.js';
import type { Branch, ChangeTree, Entry, Sum } from './tree.js';

/** Who changed files while they were watched. */
export interface Writer {
  readonly comm: string;
  readonly argv: string;
  readonly changes: number;
  readonly paths: readonly string[];
}

export interface ReportData {
  readonly container: ContainerInfo;
  readonly tree: ChangeTree;
  /** With what it was compared. */
  readonly base: string;
  readonly madeAt: Date;
  /** Null where nobody was watched. */
  readonly writers: readonly Writer[] | null;
  readonly watchedMs: number;
}

const TOP = 20;
/** More names than these in one directory are told by their number alone. */
const MOST_CHILDREN = 1000;
/** What is deeper is told by its sums alone. */
const MOST_DEPTH = 200;
/** Directories this deep are open at first. */
const OPEN_DEPTH = 2;

/** One page with everything in it: no script, nothing that is loaded from elsewhere. */
export function* reportPage(data: ReportData): Generator<string> {
  const { container, tree, madeAt } = data;
  const name = escapeHtml(container.name ?? container.id.slice(0, 12));
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${name}: changed files</title>
<style>${STYLE}</style></head><body>
<header><h1>${name}</h1><p>${about(data)}</p></header>
<main>
<section class="sums">${cards(tree.root.sum)}</section>
<div class="lists">
${list('Largest', tree.largest.top(TOP), ({ size }) => bytesText(size))}
${list('Newest', tree.newest.top(TOP), ({ mtimeMs }) => timeText(new Date(mtimeMs)))}
</div>
${writersSection(data)}
<section><h2>All changes</h2>
`;
  if (tree.root.children.size === 0) yield '<p class="none">Nothing has changed.</p>\n';
  else yield* branches(tree.root, 0);
  yield `</section></main>
<footer>Made by sneakpeek, ${timeText(madeAt)} UTC. Contents of files are not in here.</footer>
</body></html>
`;
}

function about({ container, base, madeAt }: ReportData): string {
  const { id, image, runtime, k8s } = container;
  const pod = k8s === null ? '' : ` of pod ${escapeHtml(`${k8s.namespace}/${k8s.pod}`)}`;
  return `${escapeHtml(runtime)} container <code>${escapeHtml(id.slice(0, 12))}</code>${pod}, image
<code>${escapeHtml(image ?? 'unknown')}</code>, compared with ${escapeHtml(base)},
${timeText(madeAt)} UTC`;
}

function cards({ added, changed, deleted, bytes }: Sum): string {
  const card = (kind: string, value: string, what: string) =>
    `<div class="card ${kind}"><b>${value}</b><span>${what}</span></div>`;
  return [
    card('A', String(added), 'added'),
    card('C', String(changed), 'changed'),
    card('D', String(deleted), 'deleted'),
    card('size', bytesText(bytes), 'in files that are there'),
  ].join('');
}

function list(title: string, entries: readonly Entry[], value: (entry: Entry) => string): string {
  const rows = entries.map(
    (entry) =>
      `<tr><td>${mark(entry)}</td><td class="value">${value(entry)}</td><td class="path">${pathHtml(entry.path)}</td></tr>`,
  );
  const body =
    rows.length === 0 ? '<p class="none">None.</p>' : `<table>${rows.join('\n')}</table>`;
  return `<section><h2>${title}</h2>${body}</section>`;
}

function writersSection({ writers, watchedMs }: ReportData): string {
  if (writers === null) return '';
  const rows = writers.map(({ comm, argv, changes, paths }) => {
    const names = paths.map(escapeHtml).join('<br>');
    return `<tr><td class="value">${changes}</td><td><code>${escapeHtml(comm)}</code></td><td class="path">${escapeHtml(argv)}</td><td class="path">${names}</td></tr>`;
  });
  const head = '<tr><th>changes</th><th>command</th><th>arguments</th><th>files</th></tr>';
  const body =
    rows.length === 0 ? '<p class="none">Nobody.</p>' : `<table>${head}${rows.join('\n')}</table>`;
  return `<section class="writers"><h2>Writers, watched for ${Math.round(watchedMs / 1000)} s</h2>${body}</section>`;
}

/** Directories before files, each by the bytes of their names. */
function* branches({ children }: Branch, depth: number): Generator<string> {
  const all = [...children.values()].sort(
    (a, b) =>
      Number(b.children.size > 0) - Number(a.children.size > 0) || (a.name < b.name ? -1 : 1),
  );
  yield '<ul>';
  for (const each of all.slice(0, MOST_CHILDREN)) {
    const { change } = each;
    const isFolder = each.children.size > 0 || change?.kind === 'directory';
    const name = `${bytesHtml(each.name)}${isFolder ? '/' : ''}`;
    const label = `${change === null ? '<i class="mark"></i>' : mark(change)}<span class="name">${name}</span>`;
    if (each.children.size > 0 && depth >= MOST_DEPTH) {
      yield `<li class="leaf">${label}${sums(each.sum)} deeper names are not shown</li>\n`;
    } else if (each.children.size > 0) {
      const open = depth < OPEN_DEPTH && all.length <= 50 ? ' open' : '';
      yield `<li><details${open}><summary>${label}${sums(each.sum)}</summary>`;
      yield* branches(each, depth + 1);
      yield '</details></li>\n';
    } else yield `<li class="leaf">${label}${change === null ? '' : details(change)}</li>\n`;
  }
  if (all.length > MOST_CHILDREN) {
    yield `<li class="leaf none">and ${all.length - MOST_CHILDREN} more, not shown; sneakpeek files lists them</li>`;
  }
  yield '</ul>\n';
}

const sums = ({ added, changed, deleted, bytes }: Sum): string =>
  `<small>${[
    added > 0 && `<b class="A">${added} A</b>`,
    changed > 0 && `<b class="C">${changed} C</b>`,
    deleted > 0 && `<b class="D">${deleted} D</b>`,
    bytesText(bytes),
  ]
    .filter(Boolean)
    .join(' ')}</small>`;

function details({ kind, size, mode, uid, mtimeMs, change }: Entry): string {
  const what = kind === 'file' ? bytesText(size) : kind;
  const when = change === 'D' ? '' : `, ${timeText(new Date(mtimeMs))}`;
  const owner = uid === 0 ? '' : `, uid ${uid}`;
  return `<small>${what}, ${mode.toString(8).padStart(4, '0')}${owner}${when}</small>`;
}

const mark = ({ change }: Entry): string => `<i class="mark ${change}">${change}</i>`;

const timeText = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ');

/** A path that may be broken behind each slash. */
const pathHtml = (path: BytePath): string => bytesHtml(path).replaceAll('/', '/<wbr>');

function bytesHtml(path: BytePath): string {
  const bytes = bytesOf(path);
  return escapeHtml(displayBytes(bytes, 0, bytes.length));
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
