// The process that stays root when a tool gives it up: it attaches to interfaces that appear later,
// and takes down old tc filters, which no file descriptor owns. It reads no packets and no events,
// and ends with the tool, however that ends: the channel between them closes. The beginning comes by
// stdin, where it can be read also when the tool has ended by then.
import { readFileSync } from 'node:fs';
import { InterfaceAttacher } from './interfaces/attacher.js';
import { type Answer, type Beginning, failureOf, type Request } from './interfaces/messages.js';

let attacher: InterfaceAttacher | undefined;

function answer(message: Answer): void {
  if (process.connected) process.send?.(message);
}

function begin({ plan, paths, held }: Beginning): void {
  attacher = new InterfaceAttacher(plan, {
    onAttached: (each) => answer({ type: 'attached', interface: each }),
    onNote: (text) => answer({ type: 'note', text }),
    onGone: (path) => answer({ type: 'gone', path }),
  });
  attacher.resume(paths, held);
}

function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    answer({ type: 'failed', error: failureOf(error) });
  }
}

function end(): void {
  attacher?.close();
  process.exit();
}

// The tool decides when it is over; a signal for both of them reaches it as well.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
attempt(() => begin(JSON.parse(readFileSync(0, 'utf8')) as Beginning));
process.on('message', ({ paths }: Request) => attempt(() => attacher?.follow(paths)));
process.on('disconnect', end);
if (!process.connected) end();
