import { closeSync, fchownSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import {
  type Distribution,
  nanosecondsText,
  OutputError,
  plotHistogram,
  renderPng,
  renderSvg,
  UsageError,
} from '@imagesnoop/output';

/** The file of a histogram, in the form that its name asks for. */
export class Picture {
  readonly #fd: number;
  readonly #path: string;

  /**
   * Opens the file at once, while the process may be root.
   *
   * @throws UsageError `USAGE_BAD_VALUE` for another form, OutputError `PLOT_FILE_FAILED`
   */
  constructor(path: string) {
    if (!/\.(svg|png)$/.test(path)) {
      throw new UsageError(
        'USAGE_BAD_VALUE',
        `--plot takes a file name that ends with .svg or .png; received '${path}'`,
        'see --help',
      );
    }
    this.#path = path;
    try {
      this.#fd = openSync(path, 'w', 0o644);
      const sudoer = Number(process.env.SUDO_UID);
      if (sudoer > 0) fchownSync(this.#fd, sudoer, Number(process.env.SUDO_GID) || sudoer);
    } catch (cause) {
      throw failure(path, cause);
    }
  }

  /** @throws OutputError `PLOT_FILE_FAILED` */
  draw(durations: Distribution): void {
    const plot = plotHistogram(durations, {
      title: 'Durations of TCP sessions, SYN to FIN',
      counted: 'sessions',
      measured: 'duration',
      text: nanosecondsText,
    });
    const bytes = this.#path.endsWith('.svg') ? Buffer.from(renderSvg(plot)) : renderPng(plot);
    try {
      ftruncateSync(this.#fd);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, undefined, at);
    } catch (cause) {
      throw failure(this.#path, cause);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function failure(path: string, cause: unknown): OutputError {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const hint = 'choose another file with --plot PATH';
  return new OutputError('PLOT_FILE_FAILED', `cannot write the picture ${path}: ${why}`, hint, {
    cause,
  });
}
