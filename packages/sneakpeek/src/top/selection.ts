import type { Key } from './keys.js';

/** Which line of the list is chosen, and whether its container is looked into. */
export class Selection {
  #id: string | null = null;
  #isOpen = false;
  #ids: readonly string[] = [];

  /** The container that is chosen; null if there is none. */
  get id(): string | null {
    return this.#id;
  }

  /** The container that is looked into. */
  get opened(): string | null {
    return this.#isOpen ? this.#id : null;
  }

  /** The list as it is now. The choice follows its container; one that is gone yields to the first. */
  follow(ids: readonly string[]): void {
    this.#ids = ids;
    if (this.#id !== null && ids.includes(this.#id)) return;
    this.#isOpen = false;
    this.#id = ids[0] ?? null;
  }

  press(key: Key): void {
    if (key === 'enter') this.#isOpen = this.#id !== null;
    else if (key === 'escape') this.#isOpen = false;
    else if (!this.#isOpen) this.#move(key === 'up' ? -1 : 1);
  }

  #move(step: number): void {
    const at = this.#ids.indexOf(this.#id ?? '') + step;
    this.#id = this.#ids[Math.min(Math.max(at, 0), this.#ids.length - 1)] ?? null;
  }
}
