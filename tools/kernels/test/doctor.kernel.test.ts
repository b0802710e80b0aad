// Is `loader doctor` right about the kernel it runs on?
import { release } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireKernel } from '../../testing/kernel.js';
import { type Diagnosis, doctor, facts, KINDS, kernelConfig, setting, truth } from './doctor.js';

const config = kernelConfig();
let diagnosis: Diagnosis;

beforeAll(async () => {
  diagnosis = await doctor();
});

const lack = () =>
  config.size > 0 ? null : 'how this kernel was built is not known: it has no /proc/config.gz';
const unprivileged = () =>
  process.geteuid?.() === 0 ? null : 'as another user the kernel refuses by capability';

describe('loader doctor', () => {
  test('names kernel, type information and lockdown', () => {
    const { btf } = facts();
    expect(diagnosis.kernel.release).toBe(release());
    expect(diagnosis.btf.path !== null).toBe(btf);
    const mode = /\[(\w+)\]/.exec(setting('/sys/kernel/security/lockdown'))?.[1];
    expect(diagnosis.lockdown).toBe(mode ?? null);
  });

  test.for(KINDS)('is right about [%s]', (kind, context) => {
    requireKernel(context, lack() ?? unprivileged());
    const found = diagnosis.hooks.find((hook) => hook.kind === kind);
    if (!facts().btf) {
      expect(found?.status, 'nothing can be tried without type information').not.toBe('works');
      return;
    }
    if (process.env.IMAGESNOOP_GUEST === undefined && /EPERM/.test(found?.why ?? ''))
      requireKernel(
        context,
        `this kernel is none of Debian's: beyond how it was built, it refuses ${kind} by a policy of its own`,
      );
    const works = truth(config)[kind];
    expect({ works: found?.status === 'works', why: found?.why ?? null }).toEqual({
      works,
      why: works ? null : expect.stringMatching(/./),
    });
  });
});
