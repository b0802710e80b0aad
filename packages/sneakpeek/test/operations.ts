// File operations at random, for trees whose differences are to be told.
import * as fs from 'node:fs';

const NAMES = ['a', 'b', 'c', 'd', 'new\nline', 'sp ace'].map((name) => Buffer.from(name));
NAMES.push(Buffer.from([0xff, 0x41]));

/** Lehmer's generator: the same seed gives the same operations. */
function generator(seed: number): (below: number) => number {
  let state = seed % 2147483647 || 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function namesIn(path: Buffer): Buffer[] {
  try {
    if (!fs.lstatSync(path).isDirectory()) return []; // a link may lead out of the tree
    return fs.readdirSync(path, { encoding: 'buffer' }) as unknown as Buffer[];
  } catch {
    return [];
  }
}

/** Does `count` operations below a directory; those that cannot be done are passed over. */
export function randomOperations(root: string, count: number, seed: number): void {
  const random = generator(seed);
  const one = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  /** Mostly of something that is there. */
  const path = (): Buffer => {
    let at = Buffer.from(root);
    for (let depth = 1 + random(4); depth > 0; depth--) {
      const there = random(10) < 8 ? namesIn(at) : [];
      at = Buffer.concat([at, Buffer.from('/'), one(there.length > 0 ? there : NAMES)]);
    }
    return at;
  };
  const plant = (at: Buffer): void => {
    fs.mkdirSync(at, { recursive: true });
    for (const name of NAMES) {
      if (random(2)) fs.writeFileSync(Buffer.concat([at, Buffer.from('/'), name]), `${random(3)}`);
    }
  };
  const operations: (() => void)[] = [
    () => fs.writeFileSync(path(), `content ${random(4)}`),
    () => fs.appendFileSync(path(), 'more'),
    () => fs.mkdirSync(path()),
    () => fs.mkdirSync(Buffer.concat([path(), Buffer.from('/made')])),
    () => plant(path()),
    () => plant(path()),
    () => plant(path()),
    () => fs.rmSync(path(), { recursive: random(4) === 0 }),
    () => fs.rmdirSync(path()),
    () => fs.renameSync(path(), path()),
    () => fs.renameSync(path(), path()),
    () => fs.chmodSync(path(), 0o600 + random(64)),
    () => fs.lchownSync(path(), random(3), random(3)),
    () => fs.symlinkSync(NAMES[random(NAMES.length)] as Buffer, path()),
    () => fs.linkSync(path(), path()),
    () => fs.truncateSync(path(), random(9)),
    () => fs.utimesSync(path(), 1, 1),
    () => fs.closeSync(fs.openSync(path(), 'r+')),
    () => {
      const again = path();
      fs.rmSync(again, { recursive: true });
      if (random(2)) fs.mkdirSync(again);
      else fs.writeFileSync(again, 'again');
    },
  ];
  for (let done = 0; done < count; done++) {
    try {
      operations[random(operations.length)]?.();
    } catch {
      // what does not exist, is in the way, or would cross layers
    }
  }
}
