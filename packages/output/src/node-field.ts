import type { Field } from './field.js';
import { constant } from './fields.js';
import type { CommonValues } from './options/common.js';
import type { Source } from './source.js';

const NAME = 'node';
const DESCRIPTION = 'Name of the node; only with --node-name, or NODE_NAME in the environment';

/** As the schema of a line has it that may have it. */
export const nodeProperty = { [NAME]: { type: 'string', description: DESCRIPTION } } as const;

/** The name of this node, if it was given. */
export function nodeName({ nodeName: given }: Pick<CommonValues, 'nodeName'>): string | undefined {
  return given ?? (process.env.NODE_NAME || undefined);
}

/** The field that says on which node an event was; none without a name. */
export function nodeFields(node: string | undefined): readonly Field<unknown>[] {
  return node === undefined ? [] : [constant(NAME, node, { description: DESCRIPTION })];
}

/** Fields with that of the node, unless there is one by that name. */
export function withNode<Row>(
  fields: readonly Field<Row>[],
  node: string | undefined,
): readonly Field<Row>[] {
  if (fields.some(({ name }) => name === NAME)) return fields;
  return [...fields, ...(nodeFields(node) as readonly Field<Row>[])];
}

/** A source whose rows say on which node they were. */
export function onNode<Row>(source: Source<Row>, node: string | undefined): Source<Row> {
  return node === undefined ? source : { ...source, fields: withNode(source.fields, node) };
}
