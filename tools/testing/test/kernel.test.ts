import { afterEach, describe, expect, test, vi } from 'vitest';
import { lacksBtf, lacksVersion, requireKernel } from '../kernel.js';

afterEach(() => vi.unstubAllEnvs());

function skipper() {
  return { skip: vi.fn() as never };
}

describe('requireKernel', () => {
  test('goes on when nothing is lacking', () => {
    const context = skipper();
    requireKernel(context, null);
    expect(context.skip).not.toHaveBeenCalled();
  });

  test('skips with the reason', () => {
    vi.stubEnv('REQUIRE_KERNEL', '');
    const context = skipper();
    requireKernel(context, 'no kprobes here');
    expect(context.skip).toHaveBeenCalledWith('no kprobes here');
  });

  test('fails instead with REQUIRE_KERNEL=1', () => {
    vi.stubEnv('REQUIRE_KERNEL', '1');
    const context = skipper();
    expect(() => requireKernel(context, 'no kprobes here')).toThrow(/no kprobes here/);
    expect(context.skip).not.toHaveBeenCalled();
  });
});

test('a missing BTF file is named', () => {
  expect(lacksBtf('/nowhere/vmlinux')).toMatch('/nowhere/vmlinux');
});

test('versions compare by number, not by text', () => {
  expect(lacksVersion(6, 6, '6.12.117+deb13-cloud-amd64')).toBe(null);
  expect(lacksVersion(6, 6, '7.2.13+deb14')).toBe(null);
  expect(lacksVersion(6, 6, '5.10.0-46-cloud-amd64')).toBe('needs Linux 6.6');
  expect(lacksVersion(6, 10, '6.6.1')).toBe('needs Linux 6.10');
});
