import type { Chunk } from '../decode/chunk.js';
import type { Call, Message } from '../decode/message.js';
import type { Schema } from '../decode/schema/schema.js';
import { CleanStreams } from './clean-streams.js';
import { OutputFile } from './output-file.js';
import { PcapngWriter } from './pcapng.js';
import { RecordWriter } from './record-writer.js';

export interface CaptureSinkOptions {
  readonly schema: Schema;
  /** Without secrets (default): connections are written anew from what was understood of them. */
  readonly redact?: boolean;
  /** Version of the tool. */
  readonly version?: string;
  /** Nanoseconds to add to CLOCK_MONOTONIC for the time of day; default of this machine, now. */
  readonly wallOffsetNs?: bigint;
}

/** What passes through a capture, on its way to a file. */
export interface CaptureSink {
  chunk(chunk: Chunk): void;
  message(message: Message): void;
  call(call: Call): void;
  /** Lets readers of the file see what was written so far. */
  flush(): void;
  /** Ends the file. */
  close(): void;
}

/**
 * A recording (`-w`) that `Recording` reads again. Opened at once, so before privileges are given up.
 *
 * @throws {SinkError} `CAPTURE_FILE_OPEN_FAILED`; later `CAPTURE_FILE_WRITE_FAILED`
 */
export function openRecordSink(path: string): (options: CaptureSinkOptions) => CaptureSink {
  const file = new OutputFile(path);
  return (options) => {
    const about = {
      tool: 'containerdsnoop',
      version: options.version ?? '0',
      wall_offset_ns: String(options.wallOffsetNs ?? wallOffset()),
      redacted: options.redact ?? true,
    };
    return fed(new RecordWriter(file, about, options.schema.set), options);
  };
}

/**
 * A pcapng file (`--pcap`) for Wireshark. Opened at once, as above.
 *
 * @throws {SinkError} `CAPTURE_FILE_OPEN_FAILED`; later `CAPTURE_FILE_WRITE_FAILED`
 */
export function openPcapSink(path: string): (options: CaptureSinkOptions) => CaptureSink {
  const file = new OutputFile(path);
  return (options) => fed(new PcapngWriter(file, options.wallOffsetNs ?? wallOffset()), options);
}

interface ChunkWriter {
  chunk(chunk: Chunk): void;
  flush(): void;
  close(): void;
}

/** The bytes as they were, or written anew without secrets. */
function fed(writer: ChunkWriter, { schema, redact = true }: CaptureSinkOptions): CaptureSink {
  if (!redact) {
    return {
      chunk: (chunk) => writer.chunk(chunk),
      message: () => {},
      call: () => {},
      flush: () => writer.flush(),
      close: () => writer.close(),
    };
  }
  const clean = new CleanStreams(schema, (chunk) => writer.chunk(chunk));
  return {
    chunk: (chunk) => clean.chunk(chunk),
    message: (message) => clean.message(message),
    call: (call) => clean.call(call),
    flush: () => writer.flush(),
    close() {
      clean.end();
      writer.close();
    },
  };
}

/** Time of day less CLOCK_MONOTONIC, which is what `process.hrtime()` reads. */
function wallOffset(): bigint {
  return BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
}
