// Runs one tool as a user would, and keeps what it prints.
import { spawn } from 'node:child_process';

/**
 * Starts a tool with a table on its standard output.
 *
 * @param {string} path its binary
 * @param {readonly string[]} args
 */
export function startTracer(path, args) {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let notes = '';
  let wake = () => {};
  const collect = (stream, add) => {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      add(text);
      wake();
    });
  };
  collect(child.stdout, (text) => {
    output += text;
  });
  collect(child.stderr, (text) => {
    notes += text;
  });
  const ended = new Promise((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  let running = true;
  void ended.then(() => {
    running = false;
    wake();
  });
  return {
    ended,
    /** Whole lines printed so far. */
    lines: () => output.split('\n').slice(0, -1),
    /** What went to its standard error. */
    notes: () => notes.trimEnd().split('\n'),
    /** Resolves as soon as either stream holds `text`, true, or the tool has ended, false. */
    async says(text) {
      while (!output.includes(text) && !notes.includes(text)) {
        if (!running) return false;
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      return true;
    },
    stop: () => child.kill('SIGINT'),
  };
}
