// The tools that are installed beside the loader, each tried with its own plan.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openTracer } from '../open.js';
import type { HookChoice, TracerPlan } from '../plan.js';
import { isRefusal, reasonOf } from '../refusal.js';

export interface ToolReport {
  readonly tool: string;
  readonly version: string;
  readonly ok: boolean;
  readonly hooks: readonly HookChoice[];
  readonly notes: readonly string[];
  /** Milliseconds from opening the object to attached and seen to fire. */
  readonly ready_ms: number | null;
  readonly code: string | null;
  readonly error: string | null;
  readonly hint: string | null;
}

interface Tool {
  readonly name: string;
  readonly version: string;
  readonly plan: TracerPlan;
}

const SCOPE = '@imagesnoop/';

/** Folders that may hold the packages of our scope: beside this one, and where the user stands. */
function homes(): string[] {
  const beside = fileURLToPath(new URL('../..', import.meta.url));
  return [beside, join(process.cwd(), 'node_modules', SCOPE)];
}

/**
 * A tool is a package of our scope with a folder `bpf/` whose module exports `plan`, a TracerPlan.
 * That holds in a clone as well as where packages are installed, and needs no list of tools.
 */
export async function findTools(): Promise<Tool[]> {
  const found = new Map<string, Tool>();
  for (const home of homes()) {
    for (const entry of existsSync(home) ? readdirSync(home).sort() : []) {
      const tool = await toolIn(join(home, entry));
      if (tool !== undefined && !found.has(tool.name)) found.set(tool.name, tool);
    }
  }
  return [...found.values()];
}

async function toolIn(folder: string): Promise<Tool | undefined> {
  const manifest = readManifest(join(folder, 'package.json'));
  if (!manifest?.name?.startsWith(SCOPE) || !existsSync(join(folder, 'bpf'))) return undefined;
  const entry = manifest.exports?.['.']?.default;
  if (entry === undefined || !existsSync(join(folder, entry))) return undefined;
  const { plan } = await import(pathToFileURL(join(folder, entry)).href);
  if (plan === undefined) return undefined;
  return { name: manifest.name.slice(SCOPE.length), version: manifest.version ?? '', plan };
}

interface Manifest {
  name?: string;
  version?: string;
  exports?: { '.'?: { default?: string } };
}

function readManifest(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** Opens the tool's tracer as the tool itself would, and closes it again. */
export async function tryTool(tool: Tool, btf: string | undefined): Promise<ToolReport> {
  const { name, version } = tool;
  const begin = performance.now();
  try {
    const tracer = await openTracer(tool.plan, { btf });
    const ready_ms = Math.round(performance.now() - begin);
    const { hooks, notes } = tracer;
    tracer.close();
    const nothing = { code: null, error: null, hint: null };
    return { tool: name, version, ok: true, hooks, notes, ready_ms, ...nothing };
  } catch (error) {
    return {
      tool: name,
      version,
      ok: false,
      hooks: [],
      notes: [],
      ready_ms: null,
      code: isRefusal(error) ? error.code : null,
      error: reasonOf(error),
      hint: (error as { hint?: string }).hint ?? null,
    };
  }
}
