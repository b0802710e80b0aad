import { Cursor, type Tracer } from '@imagesnoop/loader';

/**
 * Connections that are open now, after the hooks were attached: what begins or ends meanwhile is in
 * the ring buffer, and the kernel lists no connection that it has already told of.
 */
export function listPresent(tracer: Tracer): Uint8Array {
  const link = tracer.object.program('task_file_iter').attachIter();
  try {
    return link.readIter();
  } finally {
    link.close();
  }
}

/** Records of one size, one after the other. */
export function* recordsIn(bytes: Uint8Array, size: number): Generator<Cursor> {
  const cursor = Cursor.over(bytes);
  cursor.length = size;
  for (let base = 0; base + size <= bytes.length; base += size) {
    cursor.base = base;
    yield cursor;
  }
}
