import {
  ByteWriter,
  displayText,
  type Field,
  LiveScreen,
  type Renderer,
  type Screen,
  type Snapshot,
  Table,
  truncate,
} from '@imagesnoop/output';
import { changeFields } from '../change-columns.js';
import type { ChangeRow } from '../change-row.js';
import { activityFields } from './columns.js';
import type { ActivityRow } from './counts.js';
import type { CountedFiles } from './file-passes.js';
import type { Selection } from './selection.js';

const REVERSE = '\x1b[7m';
const RESET = '\x1b[0m';
const DEFAULT_HEIGHT = 24;
const LIST_KEYS = 'Up, Down: choose  Enter: look into it  q: quit';
const FILES_KEYS = 'Esc: back  q: quit';

const shownInTables = <Row>(fields: readonly Field<Row>[]): readonly Field<Row>[] =>
  fields.filter(({ column }) => column.show === 'table');

/** The list of containers with one chosen, or what changed last in that one. */
export class TopScreen implements Renderer<ActivityRow> {
  readonly out = new ByteWriter();
  readonly #live = new LiveScreen();
  readonly #selection: Selection;
  readonly #filesOf: (id: string) => CountedFiles | undefined;
  readonly #list: Table<ActivityRow>;
  readonly #files: Table<ChangeRow>;
  #screen: Screen;
  #about: Snapshot = { heading: '' };
  #rows: ActivityRow[] = [];

  constructor(
    screen: Screen,
    selection: Selection,
    filesOf: (id: string) => CountedFiles | undefined,
  ) {
    this.#screen = screen;
    this.#selection = selection;
    this.#filesOf = filesOf;
    this.#list = new Table(shownInTables(activityFields()), screen, true);
    this.#files = new Table(shownInTables(changeFields()), screen, true);
  }

  start(): void {}

  resize(width: number, height: number): void {
    this.#screen = { ...this.#screen, width, height };
    this.#list.resize(width);
    this.#files.resize(width);
  }

  leave(): void {
    this.#live.leave();
  }

  row(row: ActivityRow): void {
    this.#rows.push(row);
  }

  beginSnapshot(about: Snapshot): void {
    this.#about = about;
    this.#rows = [];
  }

  endSnapshot(): void {
    this.out.string(this.#live.show(this.#frame(), this.#screen, this.#about.last));
  }

  #frame(): string[] {
    const lines = this.#rows.map((row) => this.#list.rowLine(row));
    const above = [this.#about.heading, this.#list.headerLine()];
    if (this.#about.last) return [...above, ...lines];
    const chosen = this.#rows.findIndex(({ id }) => id === this.#selection.id);
    const row = this.#rows[chosen];
    if (row !== undefined && this.#selection.opened !== null) return this.#filesFrame(row);
    if (chosen >= 0) lines[chosen] = `${REVERSE}${lines[chosen]}${RESET}`;
    // The chosen one is in the middle of a list that is longer than the screen.
    const room = this.#room(above.length);
    const first = Math.max(0, Math.min(chosen - (room >> 1), lines.length - room));
    return [...above, ...lines.slice(first, first + room), LIST_KEYS];
  }

  #filesFrame(row: ActivityRow): string[] {
    const counted = this.#filesOf(row.id);
    const above = [
      this.#about.heading,
      this.#list.headerLine(),
      this.#list.rowLine(row),
      '',
      truncate(displayText(filesHeading(counted)), this.#screen.width),
      this.#files.headerLine(),
    ];
    const newest = counted?.newest ?? [];
    const lines = newest
      .slice(0, this.#room(above.length))
      .map((change) => this.#files.rowLine(change));
    return [...above, ...lines, FILES_KEYS];
  }

  /** Lines between those above and the last one, below which the cursor stands. */
  #room(above: number): number {
    return Math.max(1, (this.#screen.height ?? DEFAULT_HEIGHT) - above - 2);
  }
}

function filesHeading(counted: CountedFiles | undefined): string {
  if (counted === undefined) return 'counting changed files ...';
  if (counted.files === null) return 'its files are not to be had';
  return `${counted.files} changed files, the newest first`;
}
