/** An expected failure of the set-up: shown as message and hint, without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message what failed and why
   * @param {string} hint what to do
   * @param {{ exitCode?: 1 | 3, cause?: unknown }} [options] 3: this machine cannot; default 1
   */
  constructor(message, hint, { exitCode = 1, cause } = {}) {
    super(message, { cause });
    this.name = 'SetupError';
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
