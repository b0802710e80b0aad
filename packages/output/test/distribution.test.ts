import { describe, expect, it } from 'vitest';
import { Distribution } from '../src/index.js';

describe('Distribution', () => {
  it('knows quantiles within 3 %, and both ends exactly', () => {
    const distribution = new Distribution();
    for (let i = 1; i <= 100_000; i++) distribution.add(i * 37);
    expect(distribution.count).toBe(100_000);
    expect([distribution.min, distribution.max]).toEqual([37, 3_700_000]);
    for (const share of [0.01, 0.5, 0.9, 0.99]) {
      const ratio = distribution.quantile(share) / (share * 3_700_000);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
    }
    expect(distribution.quantile(1)).toBe(3_700_000);
  });

  it('loses nothing in bins, from the first that is used to the last', () => {
    const distribution = new Distribution();
    for (const value of [0, 5, 5, 1e6, 1e20]) distribution.add(value);
    const bins = distribution.bins(10);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(5);
    expect(bins[0]).toMatchObject({ from: 1, count: 1 });
    expect(bins.at(-1)?.count).toBe(1);
    expect(bins.find(({ from, to }) => from <= 5 && 5 < to)?.count).toBe(2);
  });

  it('has nothing to say of nothing', () => {
    const distribution = new Distribution();
    expect([distribution.quantile(0.5), distribution.min, distribution.max]).toEqual([0, 0, 0]);
    expect(distribution.bins(4)).toEqual([]);
  });
});
