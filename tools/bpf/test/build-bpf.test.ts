import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compile, eventStructs, parseDependencies } from '../compile.mjs';
import { structsOf } from '../elf-btf.mjs';
import { findSources } from '../sources.mjs';
import { forgetDigests, isFresh } from '../stamp.mjs';
import { compilers, ROOT } from '../toolchain.mjs';

const FIXTURES = join(ROOT, 'tools/bpf/test/fixtures');

describe('compile', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imagesnoop-bpf-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    rmSync(join(ROOT, '.cache/bpf', stampName()), { force: true });
  });

  function stampName() {
    return `${`../..${folder}`.replaceAll('/', '~')}~sample.bpf.c.json`;
  }

  function copyOf(edit: (program: string) => string) {
    const program = readFileSync(join(FIXTURES, 'sample.bpf.c'), 'utf8');
    writeFileSync(join(folder, 'sample.bpf.c'), edit(program));
    writeFileSync(join(folder, 'sample.h'), readFileSync(join(FIXTURES, 'sample.h')));
    return {
      name: 'sample',
      path: join(folder, 'sample.bpf.c'),
      output: join(folder, 'out', 'sample.bpf.o'),
      outputArm64: join(folder, 'out', 'sample.arm64.bpf.o'),
    };
  }

  test('makes one object where the architectures do not differ, with BTF of the event', async () => {
    const source = copyOf((program) => program);
    const outputs = await compile(source, compilers());
    expect(outputs.map(({ path }) => path)).toEqual([source.output]);
    const structs = structsOf(readFileSync(source.output));
    expect(structs?.get('sample_event')).toEqual({ size: 16, first: 'event_header' });
  });

  test('makes one object per architecture where they differ', async () => {
    const source = copyOf((program) =>
      program.replace('bpf_ktime_get_ns()', 'SIZE').replace(
        '#include "sample.h"',
        `#include "sample.h"
#ifdef __TARGET_ARCH_arm64
#define SIZE 1
#else
#define SIZE 2
#endif`,
      ),
    );
    const outputs = await compile(source, compilers());
    expect(outputs.map(({ path }) => path)).toEqual([source.output, source.outputArm64]);
  });

  test('refuses an object without BTF of the event', async () => {
    const source = copyOf((program) => program.replace(/^const struct sample_event .*$/m, ''));
    await expect(compile(source, compilers())).rejects.toThrow(/sample_event is not in .* BTF/);
  });

  test('takes warnings for errors', async () => {
    const source = copyOf((program) =>
      program.replace('\tif (!event)', '\tint unused;\n\tif (!event)'),
    );
    await expect(compile(source, compilers())).rejects.toThrow(/unused variable/);
  });

  test('is due again when header, compiler or object changed, and only then', async () => {
    const source = copyOf((program) => program);
    const tools = compilers();
    expect(isFresh(source, tools)).toBe(false);
    await compile(source, tools);
    expect(isFresh(source, tools)).toBe(true);
    expect(isFresh(source, { ...tools, identity: 'another compiler' })).toBe(false);
    forgetDigests();
    writeFileSync(join(folder, 'sample.h'), '\n', { flag: 'a' });
    expect(isFresh(source, tools)).toBe(false);
    await compile(source, tools);
    expect(isFresh(source, tools)).toBe(true);
    rmSync(source.output);
    expect(isFresh(source, tools)).toBe(false);
  });
});

test('every program of bpf/ belongs to a package', () => {
  for (const { name, output } of findSources(ROOT)) {
    expect(output).toMatch(new RegExp(`/${name}\\.bpf\\.o$`));
  }
});

test('a program without a package is named', () => {
  const root = mkdtempSync(join(tmpdir(), 'imagesnoop-bpf-'));
  try {
    expect(findSources(root)).toEqual([]);
    mkdirSync(join(root, 'bpf'));
    writeFileSync(join(root, 'bpf', 'lonely.bpf.c'), '');
    expect(() => findSources(root)).toThrow('lonely.bpf.c has no package packages/lonely');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('make rules are split at spaces that are not escaped', () => {
  expect(parseDependencies('a.o: x.c y\\ z.h \\\n  w.h\n')).toEqual(['x.c', 'y z.h', 'w.h']);
});

test('event structs are those that begin with the event header', () => {
  const header = `
    struct event_header { int a; };
    struct one { struct event_header header; int b; }; /* struct two { struct event_header h; } */
    // struct three { struct event_header h; }
    struct four {
      /* first */ struct event_header h;
    };
    struct five { int b; struct event_header h; };`;
  expect(eventStructs(header)).toEqual(['one', 'four']);
});
