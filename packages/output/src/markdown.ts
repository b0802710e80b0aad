import type { Field, Schema } from './field.js';
import { groups, spelling } from './options/help.js';
import type { Options } from './options/option.js';

/** The fields of a tool as a Markdown table, for its README. */
export function fieldsMarkdown<Row>(fields: readonly Field<Row>[]): string {
  return table(
    ['field', 'type', 'column', 'meaning'],
    fields.map(({ name, schema, unit, description, column }) => [
      `\`${name}\``,
      typeText(schema) + (unit === undefined ? '' : `, ${unit}`),
      { table: column.header, wide: `${column.header} (wide)`, asked: '' }[column.show],
      description,
    ]),
  );
}

/** The options of a tool as Markdown tables, one per heading. */
export function optionsMarkdown(options: Options): string {
  return [...groups(options)]
    .map(([group, entries]) => {
      const rows = entries.map(([key, option]) => [
        `\`${spelling(key, option)}\``,
        option.expected ? `${option.help}: ${option.expected}` : option.help,
      ]);
      return `**${group}**\n\n${table(['option', 'meaning'], rows)}`;
    })
    .join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function typeText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (Array.isArray(schema.enum)) {
    return schema.enum.map((value) => (value === null ? 'null' : `\`${value}\``)).join(' or ');
  }
  const types = [schema.type].flat().filter((type) => type !== undefined);
  return types.length === 0 ? 'any' : types.join(' or ');
}
