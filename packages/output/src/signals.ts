import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * One Ctrl-C may arrive twice: from the terminal, and from npm or npx, which had it too and pass it
 * on. Whoever really asks twice takes longer.
 */
const REPEAT_MS = 250;

/**
 * Ends a run on SIGINT, SIGTERM and SIGHUP; a second one, later, kills at once. With `onRotate`, SIGHUP asks
 * for a new log file instead, unless the terminal hung up.
 *
 * @returns a function that takes the handlers away
 */
export function onSignals(end: (signal: string) => void, onRotate: () => boolean): () => void {
  hadTerminal = terminalThere();
  const onHangup = () => {
    if (hungUp() || !onRotate()) end('SIGHUP');
  };
  const onEnd = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT') overwriteEcho();
    end(signal);
    setTimeout(() => process.off(signal, onEnd), REPEAT_MS).unref();
  };
  process.on('SIGINT', onEnd);
  process.on('SIGTERM', onEnd);
  process.on('SIGHUP', onHangup);
  return () => {
    process.off('SIGINT', onEnd);
    process.off('SIGTERM', onEnd);
    process.off('SIGHUP', onHangup);
  };
}

/** A terminal echoes Ctrl-C as ^C, where the next line is going to begin. */
function overwriteEcho(): void {
  try {
    if (isatty(2)) writeSync(2, '\r');
  } catch {
    // A terminal that is full or gone shows no echo either.
  }
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
