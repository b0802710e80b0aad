// The process that stays root when a tool gives it up: it attaches to interfaces that appear later,
// and takes down old tc filters, which no file descriptor owns. It reads no packets and no events,
// and ends with the tool, however that ends: the channel between them closes.
import { InterfaceAttacher } from './interfaces/attacher.js';
import { type Answer, failureOf, type Request } from './interfaces/messages.js';

let attacher: InterfaceAttacher | undefined;

function answer(message: Answer): void {
  if (process.connected) process.send?.(message);
}

function obey(request: Request): void {
  if (request.type === 'follow') {
    attacher?.follow(request.paths);
    return;
  }
  attacher = new InterfaceAttacher(request.plan, {
    onAttached: (each) => answer({ type: 'attached', interface: each }),
    onNote: (text) => answer({ type: 'note', text }),
  });
  attacher.begin(request.paths);
  answer({ type: 'ready' });
}

process.on('message', (request: Request) => {
  try {
    obey(request);
  } catch (error) {
    answer({ type: 'failed', error: failureOf(error) });
  }
});
process.on('disconnect', () => {
  attacher?.close();
  process.exit();
});
// The tool decides when it is over; a signal for both of them reaches it as well.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
