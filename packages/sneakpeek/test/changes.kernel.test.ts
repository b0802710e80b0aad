import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import { changes } from '../src/files/changes.js';
import { MergedTree } from '../src/files/merged-tree.js';
import { randomOperations } from './operations.js';
import { differences, type TestOverlay, testOverlay } from './overlays.js';

const lack = lacksOverlay();
beforeEach((context) => requireKernel(context, lack));
const made: TestOverlay[] = [];
afterEach(() => {
  for (const overlay of made.splice(0)) overlay.remove();
});
const overlayOf = (...args: Parameters<typeof testOverlay>): TestOverlay => {
  const overlay = testOverlay(...args);
  made.push(overlay);
  return overlay;
};

const told = ({ lowers, upper }: TestOverlay, space: 'trusted' | 'user' = 'trusted'): string[] => {
  const [base, now] = [
    new MergedTree(lowers, space, false),
    new MergedTree([upper, ...lowers], space),
  ];
  return [...changes(base, now)].map(({ change, path }) => `${change} ${path}`);
};

const write = (root: string, path: string, content: string | Buffer = path) => {
  fs.mkdirSync(join(root, path, '..'), { recursive: true });
  fs.writeFileSync(join(root, path), content);
};

describe('each way to change', () => {
  function prepared(options: string[] = []): TestOverlay {
    const overlay = overlayOf(2, options);
    const [top = '', bottom = ''] = overlay.lowers;
    for (const path of ['etc/a', 'etc/b', 'dir/x', 'dir/deep/y', 'gone/z', 'swap']) {
      write(bottom, path);
    }
    for (const path of ['etc/b', 'dir/w', 'link-target']) write(top, path, 'of the top layer');
    overlay.mount();
    return overlay;
  }

  test('nothing', () => expect(told(prepared())).toEqual([]));

  test('creates, overwrites, deletes, type changes', () => {
    const overlay = prepared();
    const m = (path: string) => join(overlay.merged, path);
    fs.writeFileSync(m('etc/new'), 'new');
    fs.writeFileSync(m('etc/b'), 'changed');
    fs.rmSync(m('gone'), { recursive: true });
    fs.rmSync(m('swap'));
    fs.mkdirSync(m('swap'));
    fs.writeFileSync(m('swap/inner'), '');
    fs.symlinkSync('nowhere', m('symlink'));
    execFileSync('mkfifo', [m('fifo')]);
    execFileSync('mknod', [m('null'), 'c', '1', '3']);
    fs.linkSync(m('etc/new'), m('hard'));
    expect(told(overlay)).toEqual([
      'C /etc',
      'C /etc/b',
      'A /etc/new',
      'A /fifo',
      'D /gone',
      'A /hard',
      'A /null',
      'C /swap',
      'A /swap/inner',
      'A /symlink',
    ]);
    expect(told(overlay).sort()).toEqual(differences(overlay.base, overlay.merged));
  });

  test('a directory that was removed and made anew lists what it lost', () => {
    const overlay = prepared();
    fs.rmSync(join(overlay.merged, 'dir'), { recursive: true });
    write(overlay.merged, 'dir/x', 'again');
    expect(told(overlay)).toEqual(['C /dir', 'D /dir/deep', 'D /dir/w', 'C /dir/x']);
  });

  test('copied up and as before is no change; other content with the same time is one', () => {
    const overlay = prepared();
    const [same, other] = ['etc/a', 'dir/x'].map((path) => join(overlay.merged, path));
    fs.closeSync(fs.openSync(same as string, 'r+'));
    const { atime, mtimeNs } = fs.statSync(other as string, { bigint: true });
    fs.writeFileSync(other as string, 'dir/!');
    execFileSync('touch', [
      '-m',
      '-d',
      `@${Number(mtimeNs / 10n ** 9n)}.${String(mtimeNs % 10n ** 9n).padStart(9, '0')}`,
      other as string,
    ]);
    expect(fs.existsSync(join(overlay.upper, 'etc/a'))).toBe(true);
    expect(atime).toBeDefined();
    expect(told(overlay)).toEqual(['C /dir/x']);
  });

  test('names of any bytes', () => {
    const overlay = prepared();
    const names = [Buffer.from('a\nb'), Buffer.from([0xff, 0xfe]), Buffer.from('é\x1b[2J')];
    for (const name of names) {
      fs.writeFileSync(Buffer.concat([Buffer.from(`${overlay.merged}/etc/`), name]), '');
    }
    expect(told(overlay)).toEqual([
      'C /etc',
      ...['A /etc/a\nb', 'A /etc/\xc3\xa9\x1b[2J', 'A /etc/\xff\xfe'],
    ]);
  });

  test('directories deeper than any path can be', () => {
    const overlay = prepared();
    const script = `import os, sys
os.chdir(sys.argv[1])
for _ in range(5000): os.mkdir("d"); os.chdir("d")`;
    execFileSync('python3', ['-c', script, overlay.merged]);
    expect(told(overlay)).toHaveLength(5000);
  });

  test.each([[['redirect_dir=on']], [['redirect_dir=on', 'metacopy=on']]])(
    'a renamed directory of an image, %s',
    (options) => {
      const overlay = prepared(options);
      fs.renameSync(join(overlay.merged, 'dir'), join(overlay.merged, 'etc/moved'));
      fs.mkdirSync(join(overlay.merged, 'dir'));
      fs.chmodSync(join(overlay.merged, 'etc/moved/deep/y'), 0o600);
      expect(told(overlay).sort()).toEqual(differences(overlay.base, overlay.merged));
      expect(told(overlay)).toContain('A /etc/moved/deep/y');
    },
  );

  test('attributes that a container can write itself are believed of no mount of root', () => {
    const overlay = prepared(['userxattr']);
    fs.rmSync(join(overlay.merged, 'dir'), { recursive: true });
    fs.mkdirSync(join(overlay.merged, 'dir'));
    expect(told(overlay, 'user')).toContain('D /dir/deep');
    expect(told(overlay, 'trusted')).toEqual(['C /dir']);
  });
});

describe('whatever is done', () => {
  const variants = [
    [[], 'trusted'],
    [['redirect_dir=on'], 'trusted'],
    [['redirect_dir=on', 'metacopy=on'], 'trusted'],
    [['userxattr'], 'user'],
  ] as const;
  test.each(variants)('%s', (options, space) => {
    let compared = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const overlay = overlayOf(3, options);
      for (const [i, lower] of overlay.lowers.entries())
        randomOperations(lower, 150, seed * 7919 + i);
      overlay.mount();
      randomOperations(overlay.merged, 100, seed);
      const expected = differences(overlay.base, overlay.merged);
      expect(told(overlay, space).sort(), `seed ${seed}`).toEqual(expected);
      compared += expected.length;
      overlay.remove();
    }
    expect(compared).toBeGreaterThan(200);
  });
});
