/** A container with more cgroups of its own than this is resolved anew for the rest. */
const MAX_KEYS_PER_OWNER = 256;

/**
 * Who owns a number (an inode). When two claim the same one nobody gets it: an answer that may
 * be wrong is worse than none.
 */
export class Claims<Owner> {
  readonly #owners = new Map<number, Owner>();
  readonly #disputed = new Map<number, Set<Owner>>();
  readonly #keys = new Map<Owner, Set<number>>();

  /** The one owner, or undefined when there is none or more than one. */
  owner(key: number): Owner | undefined {
    return this.#owners.get(key);
  }

  claimants(key: number): Owner[] {
    const owner = this.#owners.get(key);
    return owner === undefined ? [...(this.#disputed.get(key) ?? [])] : [owner];
  }

  add(key: number, owner: Owner): void {
    const claimants = new Set(this.claimants(key)).add(owner);
    const keys = this.#keys.get(owner) ?? new Set<number>();
    if (keys.size >= MAX_KEYS_PER_OWNER && !keys.has(key)) {
      // The first key is the container's own cgroup and stays.
      const [, second] = keys;
      if (second !== undefined) this.delete(second, owner);
    }
    this.#keys.set(owner, keys.add(key));
    this.#settle(key, claimants);
  }

  delete(key: number, owner: Owner): void {
    const claimants = new Set(this.claimants(key));
    claimants.delete(owner);
    this.#keys.get(owner)?.delete(key);
    this.#settle(key, claimants);
  }

  deleteAll(owner: Owner): void {
    for (const key of this.#keys.get(owner) ?? []) this.delete(key, owner);
    this.#keys.delete(owner);
  }

  #settle(key: number, claimants: Set<Owner>): void {
    this.#owners.delete(key);
    this.#disputed.delete(key);
    const [first] = claimants;
    if (claimants.size === 1 && first !== undefined) this.#owners.set(key, first);
    else if (claimants.size > 1) this.#disputed.set(key, claimants);
  }
}
