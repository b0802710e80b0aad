import { UsageError } from '@imagesnoop/output';
import { OutputFile } from './output-file.js';
import type { Sequence } from './sequence.js';
import { mermaid } from './sequence-mermaid.js';
import { svg } from './sequence-svg.js';

/**
 * A file for a diagram, opened at once and written at the end.
 *
 * @param path ends in `.md` (Mermaid in Markdown) or `.svg`
 * @throws {UsageError} `USAGE_BAD_VALUE` for another ending
 * @throws {SinkError} `CAPTURE_FILE_OPEN_FAILED`; later `CAPTURE_FILE_WRITE_FAILED`
 */
export function openSequenceFile(path: string): (sequence: Sequence) => void {
  const draw = path.endsWith('.md') ? mermaid : path.endsWith('.svg') ? svg : null;
  if (draw === null) {
    throw new UsageError(
      'USAGE_BAD_VALUE',
      `--sequence: ${path} ends neither in .md nor in .svg`,
      'Mermaid goes into a .md file, a picture into a .svg file.',
    );
  }
  const file = new OutputFile(path);
  return (sequence) => {
    file.write(Buffer.from(draw(sequence)));
    file.close();
  };
}
