/** What a tracer needs to know about its BPF object; plain data, in a tool's `hooks.ts`. */
export interface TracerPlan {
  /** The object, e.g. `new URL('../bpf/mkdirsnoop.bpf.o', import.meta.url)`. */
  readonly object: URL;
  readonly hooks: HookPlan;
  /**
   * Programs that are loaded but not attached, because the tool does that itself: iterators,
   * programs for interfaces. Programs named neither here nor in `hooks` are not loaded.
   */
  readonly programs?: readonly string[];
  /**
   * Makes each logical event happen once, harmlessly, in this very process: the proof that an
   * attached hook fires. Without it an attached hook is believed.
   */
  readonly trigger?: () => void | Promise<void>;
  /**
   * The kernel counts instead of telling, or tells of others than the owners of its events. What it
   * has counted cannot be taken back, so a container does not count before it is known, some
   * milliseconds after its start.
   */
  readonly aggregates?: boolean;
}

/** For each logical event its alternatives; the first that loads, attaches and fires is used. */
export interface HookPlan {
  readonly [event: string]: readonly HookAlternative[];
}

/** Programs that together see one logical event. A program may belong to several alternatives. */
export interface HookAlternative {
  /** `fentry`, `kprobe`, `tracepoint`: what `--hook` takes. */
  readonly name: string;
  readonly programs: readonly string[];
  /**
   * Programs that these go on in by a tail call: for each map of programs, what is put into its first
   * place. They are loaded, not attached.
   */
  readonly calls?: Readonly<Record<string, string>>;
  /**
   * A function for programs that these call and that not every kernel has, such as `bpf_loop`. Where it
   * is not, they need not be loaded to know that they cannot.
   */
  readonly helper?: string;
  /** What this alternative costs or cannot see, for `-v`. */
  readonly note?: string;
  /** False if the tool itself attaches them once they are loaded: those for interfaces. */
  readonly attach?: boolean;
  /** False if the trigger cannot make it fire. */
  readonly selfTest?: boolean;
  /** Values that the object's `const volatile` variables have while this alternative is in use. */
  readonly rodata?: Readonly<Record<string, number | bigint | boolean | Uint8Array>>;
  /** Sizes of maps that it needs and others do not, by name, in entries. */
  readonly mapSizes?: Readonly<Record<string, number>>;
}

/** What was chosen for one logical event, and why not what stands before it in the plan. */
export interface HookChoice {
  readonly event: string;
  readonly chosen: string;
  readonly note?: string;
  readonly rejected: readonly { readonly name: string; readonly why: string }[];
}
