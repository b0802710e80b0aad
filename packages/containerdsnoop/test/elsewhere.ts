// A recording as another capture would have seen it.
import type { Chunk } from '../src/decode/chunk.js';
import type { Random } from './decode/random.js';

/**
 * What a capture sees that begins at a random point: of each direction that is open then, the first
 * bytes are cut off anywhere.
 */
export function* fromTheMiddle(chunks: readonly Chunk[], random: Random): Generator<Chunk> {
  const whole = new Set<string>();
  const begun = new Set<string>();
  for (const chunk of chunks.slice(random.below(chunks.length))) {
    if (chunk.kind === 'open') whole.add(chunk.conn);
    const direction = `${chunk.conn} ${chunk.toServer}`;
    if (chunk.kind !== 'data' || whole.has(chunk.conn) || begun.has(direction)) {
      yield chunk;
      continue;
    }
    begun.add(direction);
    yield part(chunk, random.below(chunk.length), chunk.length);
  }
}

/** In pieces of other sizes: each chunk cut up at random places, into four at most. */
export function* inPieces(chunks: Iterable<Chunk>, random: Random): Generator<Chunk> {
  for (const chunk of chunks) {
    let at = 0;
    for (let count = random.below(4); count > 0 && chunk.length - at > 1; count--) {
      const end = at + 1 + random.below(chunk.length - at - 1);
      yield part(chunk, at, end);
      at = end;
    }
    yield at === 0 ? chunk : part(chunk, at, chunk.length);
  }
}

/** With holes: a share of the pieces is missing, or only known by length from somewhere on. */
export function* withHoles(
  chunks: Iterable<Chunk>,
  random: Random,
  share: number,
): Generator<Chunk> {
  for (const chunk of chunks) {
    if (chunk.kind !== 'data' || random.next() >= share) yield chunk;
    else if (random.next() < 0.5) {
      yield { ...chunk, bytes: chunk.bytes.subarray(0, random.below(chunk.bytes.length + 1)) };
    }
  }
}

function part(chunk: Chunk, from: number, to: number): Chunk {
  const { offset, bytes } = chunk;
  return { ...chunk, offset: offset + from, length: to - from, bytes: bytes.subarray(from, to) };
}
