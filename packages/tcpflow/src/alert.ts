/** When a flow is told at once; each limit that is set must be passed. */
export interface AlertLimits {
  /** More calls than this. */
  readonly count?: number;
  /** Less mean time between two calls than this, in seconds. */
  readonly mtbs?: number;
}

const LIMIT = /^(?:(count)>(\d{1,15})|(mtbs)<(\d{1,9}(?:\.\d{1,9})?))$/;

/** Reads `count>100,mtbs<0.1`; undefined for another form, a limit said twice, or no time at all. */
export function parseAlert(text: string): AlertLimits | undefined {
  const limits: { count?: number; mtbs?: number } = {};
  for (const word of text.split(',')) {
    const [, count, calls, mtbs, seconds] = LIMIT.exec(word.replace(/\s/g, '')) ?? [];
    const name = (count ?? mtbs) as 'count' | 'mtbs' | undefined;
    if (name === undefined || limits[name] !== undefined) return undefined;
    limits[name] = Number(calls ?? seconds);
  }
  return limits.mtbs === 0 ? undefined : limits;
}
