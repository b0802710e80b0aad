import { closeSync, constants, openSync } from 'node:fs';

/**
 * Ends a run on SIGINT, SIGTERM and SIGHUP; a second one kills at once. With `onRotate`, SIGHUP asks
 * for a new log file instead, unless the terminal hung up.
 *
 * @returns a function that takes the handlers away
 */
export function onSignals(end: (signal: string) => void, onRotate: () => boolean): () => void {
  hadTerminal = terminalThere();
  const onHangup = () => {
    if (hungUp() || !onRotate()) end('SIGHUP');
  };
  const onInterrupt = () => end('SIGINT');
  const onTerminate = () => end('SIGTERM');
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onTerminate);
  process.on('SIGHUP', onHangup);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
    process.off('SIGHUP', onHangup);
  };
}

let hadTerminal = false;

function hungUp(): boolean {
  return hadTerminal && !terminalThere();
}

/**
 * Ends the process. After a hang-up it dies of SIGHUP, as programs do that do not handle it: Node's
 * own exit wants to restore the terminal's settings, and aborts when there is no terminal any more.
 * Source: ResetStdio() in Node's src/node.cc.
 */
export function exit(code: number): never {
  if (hungUp()) process.kill(process.pid, 'SIGHUP');
  return process.exit(code);
}

/** Is there a controlling terminal? After a hang-up there is none any more. */
function terminalThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}
