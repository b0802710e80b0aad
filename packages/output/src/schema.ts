import type { Field, Schema } from './field.js';
import { nodeProperty } from './node-field.js';
import { lostFields, summaryFields } from './stream-lines.js';

/** What a schema is called. */
export interface SchemaOptions {
  /** Name of the tool. */
  readonly name: string;
  /** What one line tells, as a sentence. */
  readonly description: string;
}

/**
 * The JSON Schema (draft 2020-12) of each line that a tool writes: its events, losses and the
 * closing summary.
 *
 * @param events fields of the events; by their kind where there are several
 */
export function jsonSchema<Row>(
  events: readonly Field<Row>[] | Readonly<Record<string, readonly Field<Row>[]>>,
  options: SchemaOptions,
): Schema {
  const kinds = Array.isArray(events) ? { event: events } : events;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: options.name,
    description: options.description,
    oneOf: [
      ...Object.entries(kinds).map(([kind, fields]) => lineSchema(kind, fields)),
      lineSchema('lost', lostFields),
      lineSchema('summary', summaryFields),
    ],
  };
}

function lineSchema<Row>(title: string, fields: readonly Field<Row>[]): Schema {
  const property = ({ name, schema, description, unit }: Field<Row>) => [
    name,
    { ...schema, description: unit === undefined ? description : `${description} (${unit})` },
  ];
  return {
    title,
    type: 'object',
    properties: { ...nodeProperty, ...Object.fromEntries(fields.map(property)) },
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  };
}
