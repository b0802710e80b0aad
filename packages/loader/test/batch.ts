/** Lays records out as bpf-core hands them over: length, ring and payload, padded to 8 bytes. */
export function batchOf(records: readonly Uint8Array[], ring = 0): Uint8Array {
  const size = records.reduce((sum, { length }) => sum + 8 + ((length + 7) & ~7), 0);
  const batch = new Uint8Array(size);
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const record of records) {
    view.setUint32(at, record.length, true);
    view.setUint32(at + 4, ring, true);
    batch.set(record, at + 8);
    at += 8 + ((record.length + 7) & ~7);
  }
  return batch;
}
