import type { Field, Schema } from './field.js';
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
 */
export function jsonSchema<Row>(fields: readonly Field<Row>[], options: SchemaOptions): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: options.name,
    description: options.description,
    oneOf: [
      lineSchema('event', fields),
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
    properties: Object.fromEntries(fields.map(property)),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  };
}
