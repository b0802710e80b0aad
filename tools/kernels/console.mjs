// Reading the kernel's console: what it last said, and whether it said something terrible.

const TERRIBLE =
  /Kernel panic|\bOops\b|\bBUG:|general protection fault|rcu.*(?:stall|detected)|soft lockup|hung_task|insmod \S+ failed|Out of memory: Killed/;

/** Console bytes as lines, without carriage returns and terminal control sequences. */
export function consoleLines(bytes) {
  return (
    Buffer.from(bytes)
      .toString('latin1')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: firmware draws with escape sequences
      .replace(/\x1b(?:\[[0-9;?=]*[A-Za-z]|c)/g, '')
      .split(/\r*\n/)
      .map((line) => line.replaceAll('\r', '').trimEnd())
      .filter(Boolean)
  );
}

/** The last lines a machine spoke; from its first cry on when there was one, at most `limit`. */
export function lastWords(bytes, limit = 40) {
  const lines = consoleLines(bytes);
  const cry = lines.findIndex((line) => TERRIBLE.test(line));
  return cry >= 0 && lines.length - cry > limit
    ? lines.slice(cry, cry + limit)
    : lines.slice(-limit);
}

/** The first line that means that the kernel itself went wrong, or undefined. */
export const firstCry = (bytes) => consoleLines(bytes).find((line) => TERRIBLE.test(line));
