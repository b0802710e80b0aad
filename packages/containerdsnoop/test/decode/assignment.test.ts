import { expect, test } from 'vitest';
import { assign, coexisted, type Row } from '../../src/decode/infer/assignment.js';
import { candidatesOf } from '../../src/decode/infer/candidates.js';
import { shop } from './shop.js';

const candidates = candidatesOf(shop);
const count = candidates.list.length;

/** An entry whose calls speak for the first method, and a little for the second. */
function row(inserted: number, lastUsed: number): Row {
  const evidence = new Float64Array(count).fill(-40);
  evidence[0] = 0;
  evidence[1] = -4;
  const empty = () => new Float64Array(count);
  return {
    inserted,
    lastUsed,
    evidence,
    excluded: new Set(),
    context: empty(),
    posterior: empty(),
  };
}

function likeliest({ posterior }: Row): number {
  return posterior.indexOf(Math.max(...posterior));
}

test('entries that were in the table at one time are of different methods', () => {
  const [one, other] = [row(-5, 4), row(-3, 7)];
  (one.evidence[1] as number) -= 10;
  expect(coexisted(one, other)).toBe(true);
  assign([one, other], candidates, new Float64Array(candidates.groups));
  expect([likeliest(one), likeliest(other)]).toEqual([0, 1]);
});

test('entries of a table before a hole take nothing from those of the next one', () => {
  const rows = [row(-5, 4), row(5000, 5004), row(10_000, 10_020)];
  assign(rows, candidates, new Float64Array(candidates.groups));
  expect(rows.map(likeliest)).toEqual([0, 0, 0]);
});
