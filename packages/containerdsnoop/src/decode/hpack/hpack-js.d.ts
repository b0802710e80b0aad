// What we use of hpack.js, which brings no types. Its files are taken one by one: the whole package
// would load a stream library into every start.
declare module 'hpack.js/lib/hpack/huffman.js' {
  const huffman: {
    /** Code of each octet, and of the end of a string at 256: how many bits, and which. */
    encode: readonly (readonly [bits: number, code: number])[];
  };
  export default huffman;
}

declare module 'hpack.js/lib/hpack/static-table.js' {
  const staticTable: { table: readonly { name: string; value: string }[] };
  export default staticTable;
}
