import { UnsupportedError, UsageError } from './errors.js';
import type { HookAlternative, HookChoice, HookPlan } from './plan.js';

interface EventState {
  readonly event: string;
  readonly alternatives: readonly HookAlternative[];
  index: number;
  readonly rejected: { name: string; why: string }[];
}

/**
 * Which alternative is to be tried for each logical event. Knows nothing of the kernel: it is told
 * which programs were refused and why, and moves on to the next alternative without them.
 */
export class HookChooser {
  readonly #events: EventState[];

  /**
   * @param forced name of the only alternative allowed, for the events that have it
   * @throws UsageError `HOOK_UNKNOWN` when no event has an alternative of that name
   */
  constructor(plan: HookPlan, forced?: string) {
    this.#events = Object.entries(plan).map(([event, all]) => {
      const wanted = all.filter(({ name }) => name === forced);
      const alternatives = wanted.length > 0 ? wanted : all;
      return { event, alternatives, index: 0, rejected: [] };
    });
    if (forced !== undefined) checkForced(plan, forced);
  }

  /** What is to be tried now, in the plan's order. */
  get current(): readonly { event: string; alternative: HookAlternative }[] {
    return this.#events.map(({ event, alternatives, index }) => ({
      event,
      alternative: alternatives[index] as HookAlternative,
    }));
  }

  /** Does any alternative that is to be tried now need this program? */
  needs(program: string): boolean {
    return this.current.some(({ alternative }) => loadedBy(alternative).includes(program));
  }

  /**
   * Gives up every alternative, also those not yet tried, that needs a program of which `refused`
   * says why it is of no use. Undefined means that nothing is known against it.
   *
   * @throws UnsupportedError `HOOK_UNAVAILABLE` when an event has no alternative left
   */
  rejectWhere(refused: (program: string) => string | undefined): void {
    this.#rejectEach((alternative) => firstReason(loadedBy(alternative), refused));
  }

  /**
   * The same for alternatives whose helper is not there.
   *
   * @throws UnsupportedError `HOOK_UNAVAILABLE` when an event has no alternative left
   */
  rejectWithout(isThere: (helper: string) => boolean): void {
    this.#rejectEach(({ helper }) =>
      helper === undefined || isThere(helper) ? undefined : `this kernel has no ${helper}()`,
    );
  }

  /** Gives up what is being tried for one event. */
  reject(event: string, why: string): void {
    const state = this.#events.find((candidate) => candidate.event === event);
    if (state !== undefined) this.#next(state, why);
  }

  /** The choices, for people. */
  get choices(): HookChoice[] {
    return this.#events.map(({ event, alternatives, index, rejected }) => {
      const { name, note } = alternatives[index] as HookAlternative;
      return { event, chosen: name, ...(note === undefined ? {} : { note }), rejected };
    });
  }

  #rejectEach(reason: (alternative: HookAlternative) => string | undefined): void {
    for (const state of this.#events) {
      for (;;) {
        const why = reason(state.alternatives[state.index] as HookAlternative);
        if (why === undefined) break;
        this.#next(state, why);
      }
    }
  }

  #next(state: EventState, why: string): void {
    const { name } = state.alternatives[state.index] as HookAlternative;
    // Alternatives of one name differ by the kernel's version and often fail for one reason.
    if (!state.rejected.some((one) => one.name === name && one.why === why))
      state.rejected.push({ name, why });
    state.index++;
    if (state.index < state.alternatives.length) return;
    const tried = state.rejected.map((one) => `${one.name}: ${one.why}`).join('; ');
    throw new UnsupportedError(
      'HOOK_UNAVAILABLE',
      `no hook of this kernel shows ${state.event} (${tried})`,
      {
        feature: `hook for ${state.event}`,
        tried: state.rejected,
        hint: 'Run `loader doctor` to see what this machine allows and what helps.',
      },
    );
  }
}

/** The programs that an alternative needs loaded. */
const loadedBy = ({ programs, calls = {} }: HookAlternative): readonly string[] => [
  ...programs,
  ...Object.values(calls),
];

function firstReason(
  programs: readonly string[],
  refused: (program: string) => string | undefined,
): string | undefined {
  for (const program of programs) {
    const why = refused(program);
    if (why !== undefined) return why;
  }
  return undefined;
}

function checkForced(plan: HookPlan, forced: string): void {
  const names = new Set(Object.values(plan).flatMap((all) => all.map(({ name }) => name)));
  if (names.has(forced)) return;
  throw new UsageError('HOOK_UNKNOWN', `--hook: no alternative is called ${forced}`, {
    hint: `One of: ${[...names].join(', ')}.`,
  });
}
