// Quantiles without keeping what they are of.
import { expect, test } from 'vitest';
import { Latencies } from '../src/latencies.js';

test('quantiles are within 3 % of the truth, the most is exact', () => {
  const latencies = new Latencies();
  for (let i = 1; i <= 10_000; i++) latencies.add(i * 1234);
  for (const part of [0.01, 0.5, 0.9, 0.99]) {
    const truth = part * 10_000 * 1234;
    expect(Math.abs((latencies.quantile(part) ?? 0) - truth) / truth).toBeLessThan(0.03);
  }
  expect(latencies.maxNs).toBe(12_340_000);
  expect(latencies.quantile(1)).toBe(12_340_000);
});

test('none, one, and nothing at all', () => {
  const latencies = new Latencies();
  expect(latencies.quantile(0.5)).toBe(null);
  latencies.add(0);
  expect(latencies.quantile(0.5)).toBe(0);
  latencies.add(2 ** 52);
  expect(latencies.quantile(1)).toBe(2 ** 52);
});
