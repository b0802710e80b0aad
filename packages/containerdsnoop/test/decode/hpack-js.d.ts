// The whole of hpack.js as tests use it: an encoder and a decoder that are not ours.
declare module 'hpack.js' {
  interface Header {
    name: string;
    value: string;
    incremental?: boolean;
    huffman?: boolean;
  }
  const hpack: {
    compressor: {
      create(options: { table: { maxSize: number } }): {
        write(headers: readonly Header[]): void;
        updateTableSize(size: number): void;
        read(): Buffer | null;
      };
    };
    decompressor: {
      create(options: { table: { maxSize: number } }): {
        write(block: Buffer): void;
        execute(): void;
        read(): Header | null;
      };
    };
  };
  export default hpack;
}
