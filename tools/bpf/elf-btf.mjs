// The little of an object file's BTF that the build checks: names, sizes and first members of structs.
// Source: Documentation/bpf/btf.rst of the kernel. The full reader is in packages/bpf-core.

const KIND_STRUCT = 4;
const SECTION_HEADER_SIZE = 64;
/** Bytes that follow a type's 12-byte header, by kind, for `vlen` members. */
const TRAILER = [
  () => 0, // void
  () => 4, // int
  () => 0, // pointer
  () => 12, // array
  (vlen) => vlen * 12, // struct
  (vlen) => vlen * 12, // union
  (vlen) => vlen * 8, // enum
  () => 0, // forward
  () => 0, // typedef
  () => 0, // volatile
  () => 0, // const
  () => 0, // restrict
  () => 0, // function
  (vlen) => vlen * 8, // function prototype
  () => 4, // variable
  (vlen) => vlen * 12, // data section
  () => 0, // float
  () => 4, // declaration tag
  () => 0, // type tag
  (vlen) => vlen * 12, // enum64
];

/** The zero-terminated text at `start`. */
function textAt(bytes, start) {
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}

/** The contents of one section of a little-endian ELF64 file, or null. */
function section(file, wanted) {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) return null;
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  const header = (index) => file.subarray(table + index * SECTION_HEADER_SIZE);
  const contents = (at) => {
    const offset = Number(at.readBigUInt64LE(24));
    return file.subarray(offset, offset + Number(at.readBigUInt64LE(32)));
  };
  const names = contents(header(file.readUInt16LE(62)));
  for (let index = 0; index < count; index++) {
    const at = header(index);
    if (textAt(names, at.readUInt32LE(0)) === wanted) return contents(at);
  }
  return null;
}

/**
 * The named structs of an object's BTF.
 *
 * @param {Buffer} file contents of a .bpf.o
 * @returns {Map<string, { size: number, first: string | null }> | null} by name: size in bytes and
 *   the name of the first member's struct, if it is one; null when the object carries no BTF
 */
export function structsOf(file) {
  const btf = section(file, '.BTF');
  if (btf === null || btf.readUInt16LE(0) !== 0xeb9f) return null;
  const base = btf.readUInt32LE(4);
  const types = btf.subarray(base + btf.readUInt32LE(8)).subarray(0, btf.readUInt32LE(12));
  const strings = btf.subarray(base + btf.readUInt32LE(16));
  const found = [null];
  for (let at = 0; at < types.length; ) {
    const info = types.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const vlen = info & 0xffff;
    found.push({
      kind,
      name: textAt(strings, types.readUInt32LE(at)),
      size: types.readUInt32LE(at + 8),
      firstType: kind === KIND_STRUCT && vlen > 0 ? types.readUInt32LE(at + 16) : 0,
    });
    const trailer = TRAILER[kind];
    if (trailer === undefined) throw new Error(`unknown BTF kind ${kind}`);
    at += 12 + trailer(vlen);
  }
  const structs = new Map();
  for (const type of found) {
    if (type?.kind !== KIND_STRUCT || type.name === '') continue;
    const first = found[type.firstType];
    structs.set(type.name, {
      size: type.size,
      first: first?.kind === KIND_STRUCT ? first.name : null,
    });
  }
  return structs;
}
