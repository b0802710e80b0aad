import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoName } from '../src/errno.js';
import { log2Histogram, log2Slot } from '../src/histogram.js';
import { bytesText, nanosecondsText, rateText } from '../src/units.js';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [1536, '1.5 KB'],
    [16 * 2 ** 20, '16 MB'],
    [1023 * 2 ** 20, '1 GB'],
    [2 ** 60, '1024 PB'],
  ])('%d bytes', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [850, '850 ns'],
    [1200, '1.2 us'],
    [92e6, '92 ms'],
    [95e9, '95 s'],
  ])('%d ns', (ns, text) => expect(nanosecondsText(ns)).toBe(text));

  it('knows rates', () => {
    expect(rateText(770, 2000)).toBe('385/s');
    expect(rateText(3 * 2 ** 20, 2000, bytesText)).toBe('1.5 MB/s');
    expect(rateText(1, 0)).toBe('0/s');
  });
});

describe('log2 histogram', () => {
  it('has a line per slot from the first used to the last', () => {
    expect(log2Histogram([0, 1, 0, 4], { label: 'usecs', barWidth: 8 })).toEqual([
      '   usecs : count  distribution',
      ' 2 -> 3  :     1 |**      |',
      ' 4 -> 7  :     0 |        |',
      ' 8 -> 15 :     4 |********|',
    ]);
    expect(log2Histogram([0, 0], { label: 'usecs' })).toEqual([]);
  });

  it('stays within 80 columns for any count of microseconds', () => {
    const slots = Array.from({ length: 40 }, () => 123_456);
    for (const line of log2Histogram(slots, { label: 'usecs' }))
      expect(line.length).toBeLessThan(80);
  });

  it('sorts values as BPF programs do', () => {
    expect([0, 1, 2, 3, 4, 7, 8].map(log2Slot)).toEqual([0, 0, 1, 1, 2, 2, 3]);
  });
});

describe('errno names', () => {
  it('agree with those that Node knows', () => {
    const twice = ['EWOULDBLOCK', 'ENOTSUP'];
    for (const [name, number] of Object.entries(constants.errno)) {
      if (!twice.includes(name)) expect(errnoName(-number)).toBe(name);
    }
  });

  it('include those that only the kernel knows', () => {
    expect(errnoName(-133)).toBe('EHWPOISON');
    expect(errnoName(-512)).toBe('ERESTARTSYS');
    expect(errnoName(-524)).toBe('ENOTSUPP');
    expect(errnoName(-300)).toBe('ERRNO_300');
  });
});
