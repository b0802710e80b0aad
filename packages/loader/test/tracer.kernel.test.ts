import { getPriority } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, lacksVersion, requireKernel } from '../../../tools/testing/kernel.js';
import { openTracer, type Tracer, type TracerPlan, type TracerSettings } from '../src/index.js';
import { BROKEN, caller, ended, planOf, seenDuring, WORKING } from './calls.js';

const CALLS = 1009;

let open: Tracer[] = [];

async function trace(plan: TracerPlan, settings?: TracerSettings): Promise<Tracer> {
  const tracer = await openTracer(plan, settings);
  open.push(tracer);
  return tracer;
}

beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

afterEach(() => {
  for (const tracer of open) tracer.close();
  open = [];
});

describe('hooks are chosen by trying', () => {
  test('one that is refused, has no place or never fires gives way, and says why', async () => {
    const tracer = await trace(planOf(...BROKEN, ...WORKING.slice(3)));
    const [{ chosen, rejected } = { chosen: '', rejected: [] }] = tracer.hooks;
    expect(chosen).toBe('tp_btf');
    expect(rejected).toEqual([
      { name: 'refused', why: expect.stringMatching(/^EACCES: .*invalid mem access/) },
      { name: 'nowhere', why: expect.stringMatching(/^ENOENT/) },
      { name: 'silent', why: expect.stringContaining('did not fire') },
    ]);
  });

  test('what fires for another event, and was not tested, proves nothing', async () => {
    const untested = WORKING.slice(3).map((one) => ({ ...one, selfTest: false }));
    const silent = [...BROKEN.slice(2), ...WORKING.slice(2, 3)];
    const { hooks: first, ...plan } = planOf(...untested);
    const { hooks } = await trace({ ...plan, hooks: { ...first, other: silent } });
    expect(hooks.map(({ chosen }) => chosen)).toEqual(['tp_btf', 'tracepoint']);
    expect(hooks[1]?.rejected).toMatchObject([{ name: 'silent' }]);
  });

  test('without an alternative left it is an error that lists them', async () => {
    await expect(trace(planOf(...BROKEN))).rejects.toMatchObject({
      code: 'HOOK_UNAVAILABLE',
      exitCode: 3,
      tried: [{ name: 'refused' }, { name: 'nowhere' }, { name: 'silent' }],
    });
  });

  test('a forced one that does not work is an error, although others would', async () => {
    const plan = planOf(...WORKING, ...BROKEN);
    await expect(trace(plan, { hook: 'nowhere' })).rejects.toMatchObject({
      code: 'HOOK_UNAVAILABLE',
      tried: [{ name: 'nowhere' }],
    });
    await expect(trace(plan, { hook: 'nothing' })).rejects.toMatchObject({ code: 'HOOK_UNKNOWN' });
  });

  test('where one cannot be attached, no other is loaded', async () => {
    const nowhere = ['nice_nowhere_tp', 'nice_nowhere_refused_tp'];
    const twins = nowhere.map((program) => ({ name: 'nowhere', programs: [program] }));
    const tracer = await trace(planOf(...twins, ...WORKING));
    expect(tracer.hooks[0]?.rejected[0]).toEqual({
      name: 'nowhere',
      why: expect.stringMatching(/^ENOENT/),
    });
    expect(tracer.hooks[0]?.rejected.filter(({ name }) => name === 'nowhere').length).toBe(1);
  });

  test('a program that the object lacks is a mistake of the plan', async () => {
    const plan = planOf({ name: 'typo', programs: ['nice_typo'] });
    await expect(trace(plan)).rejects.toMatchObject({ code: 'BPF_NO_SUCH_PROGRAM' });
  });

  test('each event is proven on its own', async () => {
    const plan: TracerPlan = {
      ...planOf(),
      hooks: {
        first: [{ name: 'tp_btf', programs: ['nice_tpbtf'] }],
        second: [
          { name: 'silent', programs: ['nice_silent_tp'] },
          { name: 'tracepoint', programs: ['nice_tp'] },
        ],
      },
    };
    const tracer = await trace(plan);
    expect(tracer.hooks.map(({ chosen }) => chosen)).toEqual(['tp_btf', 'tracepoint']);
  });
});

describe('every alternative yields the same events', () => {
  test.for(WORKING.map(({ name }) => name))('[%s]', async (hook, context) => {
    let tracer: Tracer;
    try {
      tracer = await trace(planOf(...WORKING), { hook });
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code !== 'HOOK_UNAVAILABLE') throw error;
      return context.skip(message);
    }
    let pid = 0;
    const seen = await seenDuring(tracer, () => {
      const child = caller(CALLS);
      pid = child.pid as number;
      return ended(child);
    });
    expect(seen.byPid).toEqual(new Map([[pid, CALLS]]));
    expect(seen.lost.size).toBe(0);
    expect(seen.rows[0]).toEqual({ pid, who: 0, comm: 'node', text: 'nice', uid: 0 });
  });
});

describe('losses', () => {
  test('rows and counted losses make up all calls, however slow the reader', async () => {
    const STORM = 200_003;
    const tracer = await trace(planOf(...WORKING), { buffer: 64 << 10 });
    const seen = await seenDuring(tracer, () => ended(caller(STORM)));
    const rows = [...seen.byPid.values()].reduce((sum, count) => sum + count, 0);
    const lost = seen.lost.get('ring_buffer_full') ?? 0;
    expect(rows + lost).toBe(STORM);
    expect(lost).toBeGreaterThan(0);
    expect([...seen.lost.keys()]).toEqual(['ring_buffer_full']);
  });

  test('each cause is told apart, also without a single row', async () => {
    const tracer = await trace(planOf(...WORKING), { rodata: { cfg_lose: true } });
    const seen = await seenDuring(tracer, () => ended(caller(CALLS)));
    expect(seen.lost.get('map_full')).toBe(CALLS);
    expect(seen.lost.get('truncated')).toBe(CALLS);
    expect(tracer.lost().map(({ cause, total }) => [cause, total])).toEqual([
      ['map_full', CALLS],
      ['truncated', CALLS],
    ]);
  });

  test('runs that the kernel left out, since a program found itself at work', async (context) => {
    requireKernel(context, lacksVersion(5, 12));
    const object = new URL('./fixtures/recursion.bpf.o', import.meta.url);
    const hooks = { delete: [{ name: 'fentry', programs: ['on_delete'], selfTest: false }] };
    let tracer: Tracer;
    try {
      tracer = await trace({ object, hooks });
    } catch (error) {
      if ((error as { code?: string }).code !== 'HOOK_UNAVAILABLE') throw error;
      requireKernel(context, 'this kernel has no fentry');
      return;
    }
    expect(tracer.lost()).toEqual([]);
    for (let call = 0; call < 7; call++) tracer.map('table').delete(new Uint8Array(4));
    expect(tracer.lost()).toMatchObject([{ cause: 'recursion', total: 7 }]);
  });

  test('are reported while the stream runs', async () => {
    const tracer = await trace(planOf(...WORKING), { rodata: { cfg_lose: true } });
    const working = ended(caller(CALLS));
    for await (const { lost } of tracer.batches()) {
      if (lost.some(({ cause }) => cause === 'map_full')) break;
    }
    await working;
    expect(tracer.lost()).not.toEqual([]);
  });

  test('a record that does not fit its struct is one, and records of several types are not', async () => {
    const rodata = { cfg_short: true, cfg_undersized: true };
    const tracer = await trace(planOf(...WORKING), { rodata });
    const brief = tracer.layout('nice_short', 2);
    const type = brief.u32('type');
    const who = brief.i32('who');
    tracer.layout('nice_event', 1);
    const end = new AbortController();
    const working = ended(caller(CALLS)).finally(() => end.abort());
    const types = new Map<number, number>();
    for await (const { rows } of tracer.batches(end.signal)) {
      for (const row of rows) {
        types.set(type(row), (types.get(type(row)) ?? 0) + 1);
        if (type(row) === 2) expect(who(row)).toBe(0);
      }
    }
    await working;
    expect(types).toEqual(
      new Map([
        [2, CALLS],
        [1, CALLS],
      ]),
    );
    expect(tracer.lost()).toMatchObject([{ cause: 'decode', total: CALLS }]);
  });
});

describe('the end', () => {
  test('leaving the loop detaches', async () => {
    const tracer = await trace(planOf(...WORKING));
    const working = ended(caller(CALLS));
    for await (const _ of tracer.batches()) break;
    const counter = tracer.map('selftest');
    const before = counter.lookup(0);
    getPriority();
    expect(counter.lookup(0)).toEqual(before);
    await working;
  });

  test('some programs are detached, the others go on', async () => {
    const first = [{ name: 'tp_btf', programs: ['nice_tpbtf'] }];
    const second = [{ name: 'tracepoint', programs: ['nice_tp'] }];
    const tracer = await trace({ ...planOf(), hooks: { first, second } });
    const fired = (): number => {
      const before = tracer.map('selftest').lookup(0)?.[0] ?? 0;
      getPriority();
      return (tracer.map('selftest').lookup(0)?.[0] ?? 0) - before;
    };
    expect(fired()).toBe(2);
    tracer.detach(['nice_tp', 'nice_kprobe']);
    tracer.detach(['nice_tp']);
    expect(fired()).toBe(1);
    tracer.detach();
    expect(fired()).toBe(0);
  });

  test('a signal that has fired already still gives what is in the ring', async () => {
    const tracer = await trace(planOf(...WORKING));
    await ended(caller(CALLS));
    const seen = await seenDuring(tracer, async () => {});
    expect([...seen.byPid.values()]).toEqual([CALLS]);
  });

  test('a tracer is read once, and not after its close', async () => {
    const tracer = await trace(planOf(...WORKING));
    tracer.batches();
    expect(() => tracer.batches()).toThrow(expect.objectContaining({ code: 'TRACER_BUSY' }));
    tracer.close();
    tracer.close();
    expect(() => tracer.batches()).toThrow(expect.objectContaining({ code: 'TRACER_CLOSED' }));
    expect(() => tracer.layout('nice_event')).toThrow(
      expect.objectContaining({ code: 'BPF_CLOSED' }),
    );
  });

  test('opening and closing many times leaves no file descriptor behind', async () => {
    const { readdirSync } = await import('node:fs');
    const plan = planOf(...WORKING);
    (await openTracer(plan)).close();
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 7; round++) (await openTracer(plan)).close();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe('settings', () => {
  test('an object, a struct, a variable that is not there is said by name', async () => {
    const plan = { ...planOf(...WORKING), object: new URL('file:///nowhere/x.bpf.o') };
    await expect(trace(plan)).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    const tracer = await trace(planOf(...WORKING));
    expect(() => tracer.layout('nice_evnt')).toThrow(
      expect.objectContaining({ code: 'LAYOUT_NO_STRUCT' }),
    );
    await expect(trace(planOf(...WORKING), { rodata: { cfg_typo: 1 } })).rejects.toMatchObject({
      code: 'BPF_NO_SUCH_GLOBAL',
    });
  });

  test('the ring buffer gets the size asked for, as a power of two', async () => {
    const tracer = await trace(planOf(...WORKING), { buffer: 100_000 });
    expect(tracer.map('events').maxEntries).toBe(131072);
    await expect(trace(planOf(...WORKING), { buffer: 0 })).rejects.toMatchObject({
      code: 'BUFFER_RANGE',
    });
  });
});
