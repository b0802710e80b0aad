// JSON that others made, written again.
import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { writeJson } from '../../src/redact/json.js';

function written(json: string): string | null {
  const writer = new JsonWriter();
  const bytes = Buffer.from(json);
  return writeJson(bytes, 0, bytes.length, writer, { redact: true })
    ? writer.view().toString()
    : null;
}

test.each([
  '[0,0]',
  '[-1.5e+3,null,true]',
  '{"ConsoleSize":[0,0],"a":[]}',
  '[[1],[2,[3]]]',
  '{"a":{"b":1}}',
])('%s is the same again', (json) => expect(written(json)).toBe(json));

test.each(['[0', '[0,]', '[0]]', '{"a":1', '01x]', '[^]'])('%s is no JSON', (json) =>
  expect(written(json)).toBe(null),
);
