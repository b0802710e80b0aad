import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OutputError } from '@imagesnoop/output';
import type { Contents } from './content.js';
import type { Schema } from './decode/schema/schema.js';
import type { Sink } from './pipeline.js';
import { failed, methodText } from './rows.js';
import type { CaptureSink, CaptureSinkOptions } from './sinks/index.js';

/** What is written beside the rows. */
export interface FileOptions {
  /** A recording, for `-r`. */
  readonly record?: string | undefined;
  /** A pcapng file, for Wireshark. */
  readonly pcap?: string | undefined;
  /** A sequence diagram: `.md` (Mermaid) or `.svg`. */
  readonly sequence?: string | undefined;
}

/** Characters of a request in a diagram. */
const DETAIL_CHARACTERS = 60;

/** Opened while the process may open files; begun when what is needed to write them is known. */
export class Files {
  readonly sinks: Sink[] = [];
  readonly #openers: ((options: CaptureSinkOptions) => CaptureSink)[] = [];
  readonly #captures: CaptureSink[] = [];
  #beginSequence: ((contents: Contents) => Promise<Sink>) | undefined;
  #endSequence: () => void = () => {};

  /** @throws SinkError `CAPTURE_FILE_OPEN_FAILED` */
  static async open({ record, pcap, sequence }: FileOptions): Promise<Files> {
    const files = new Files();
    if (record === undefined && pcap === undefined && sequence === undefined) return files;
    const { openPcapSink, openRecordSink, openSequenceFile, SequenceSink } = await import(
      './sinks/index.js'
    );
    if (record !== undefined) files.#openers.push(openRecordSink(record));
    if (pcap !== undefined) files.#openers.push(openPcapSink(pcap));
    if (sequence === undefined) return files;
    const write = openSequenceFile(sequence);
    files.#beginSequence = async (contents) => {
      const sink = new SequenceSink({
        nameOf: methodText,
        isError: failed,
        describe: (message) => contents.of(message, false).text(DETAIL_CHARACTERS),
        clean: (text) => contents.clean(text),
      });
      files.#endSequence = () => write(sink.sequence());
      return sink;
    };
    return files;
  }

  /** From here on `sinks` take what passes. */
  async begin(options: CaptureSinkOptions, contents: Contents): Promise<void> {
    this.#captures.push(...this.#openers.map((open) => open(options)));
    this.sinks.push(...this.#captures);
    if (this.#beginSequence !== undefined) this.sinks.push(await this.#beginSequence(contents));
  }

  /** Lets others see what was written so far. */
  flush(): void {
    for (const capture of this.#captures) capture.flush();
  }

  /** Ends the files. Idempotent. */
  close(): void {
    for (const capture of this.#captures.splice(0)) capture.close();
    this.#endSequence();
    this.#endSequence = () => {};
  }
}

/** Who nobody is, and who we become when nobody called sudo. */
const NOBODY = 65534;

/** A folder for .proto files, made while the process may, written when it may not any more. */
export class ProtoFolder {
  readonly #path: string;

  /** @throws OutputError `PROTO_WRITE_FAILED` */
  constructor(path: string) {
    this.#path = path;
    try {
      if (mkdirSync(path, { recursive: true }) === undefined) return;
      const { SUDO_UID, SUDO_GID } = process.env;
      if (process.geteuid?.() !== 0) return;
      chownSync(path, Number(SUDO_UID ?? NOBODY), Number(SUDO_GID ?? NOBODY));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** @throws OutputError `PROTO_WRITE_FAILED` */
  async write(schema: Schema): Promise<void> {
    const { emitProtos } = await import('./decode/schema/index.js');
    try {
      for (const [name, text] of emitProtos(schema)) {
        const path = join(this.#path, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(cause: unknown): OutputError {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    return new OutputError(
      'PROTO_WRITE_FAILED',
      `--emit-protos: cannot write below ${this.#path}: ${why}`,
      'Name a folder that is not there yet: one of root’s is closed once root is given up.',
      { cause },
    );
  }
}
