import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BpfError, makeError } from './errors.js';
import type { FieldType, StructLayout } from './layout.js';
import type { MapInfo } from './map.js';
import type { NetworkInterface, TcFilterInfo } from './network.js';
import type { ProgramInfo, TestRunResult } from './program.js';

/** The addon as it is; this package's classes are its only users. */
export interface Native {
  setErrorFactory(make: typeof makeError): void;
  Object: new (
    source: string | Uint8Array,
    name: string,
    btf?: string,
    pinRoot?: string,
  ) => NativeObject;
  Btf: new (path: string) => NativeBtf;
  RingBuffer: new (
    maps: NativeMap[],
    onBatch: (bytes: Uint8Array, length: number) => unknown,
    coalesceMs: number,
    batchBytes: number,
  ) => NativeRingBuffer;
  openPinnedMap(path: string): NativeMap;
  createMap(shape: MapInfo): NativeMap;
  extendedAttributes(path: Uint8Array): Uint8Array[];
  removeTc(place: object, program: string, qdisc?: boolean): boolean;
  tcFilters(ifindex: number, direction: string): TcFilterInfo[];
  interfaces(): NetworkInterface[];
  LoadedProgram: new (id: number) => NativeLoadedProgram;
  InterfaceMonitor: new (onChange: () => void) => { close(): void };
  inNetns<T>(path: string, callback: () => T): T;
  restrictSystemCalls(sockets: boolean): void;
  probeProgramType(name: string): boolean;
  probeMapType(name: string): boolean;
  probeHelper(programType: string, helper: number): boolean;
  supportsTcx(): boolean;
  possibleCpus(): number;
  libbpfVersion(): string;
}

export interface NativeObject {
  programs(): NativeProgram[];
  maps(): NativeMap[];
  load(): void;
  struct(name: string): StructLayout | undefined;
  variable(name: string): { bytes: Uint8Array; type: FieldType } | undefined;
  setVariable(name: string, bytes: Uint8Array): void;
  isLoaded(): boolean;
  close(): void;
}

export interface NativeProgram {
  about(): { name: string; section: string; type: string; expectedAttachType: string };
  autoload(): boolean;
  setAutoload(on: boolean): void;
  setAttachTarget(name: string): void;
  info(): ProgramInfo;
  testRun(options: object): TestRunResult;
  attach(): NativeLink;
  attachKprobe(options: object): NativeLink;
  attachUprobe(options: object): NativeLink;
  attachTracepoint(category: string, name: string): NativeLink;
  attachRawTracepoint(name: string, cookie?: bigint): NativeLink;
  attachTrace(): NativeLink;
  attachLsm(): NativeLink;
  attachCgroup(cgroup: string | number): NativeLink;
  attachTcx(ifindex: number): NativeLink;
  attachXdp(ifindex: number): NativeLink;
  attachIter(options: object): NativeLink;
  attachTc(place: object): NativeLink;
}

export interface NativeLoadedProgram {
  name(): string;
  attachTcx(ifindex: number, direction: string): NativeLink;
  attachTc(place: object): NativeLink;
  adoptTc(place: object): NativeLink;
  close(): void;
}

export interface NativeLink {
  pin(path: string): void;
  update(program: NativeProgram): void;
  readIter(): Uint8Array;
  id(): number | undefined;
  disown(): void;
  close(): void;
}

export interface NativeMap {
  info(): MapInfo & { valueBytes: number };
  setMaxEntries(count: number): void;
  types(): { key?: FieldType; value?: FieldType };
  lookup(key: Uint8Array, flags: number, into?: Uint8Array): Uint8Array | undefined;
  update(key: Uint8Array, value: Uint8Array, flags: number): void;
  setProgram(index: number, program: NativeProgram): void;
  delete(key: Uint8Array): boolean;
  nextKey(key?: Uint8Array): Uint8Array | undefined;
  batch(
    token: Uint8Array | undefined,
    count: number,
  ):
    | { keys: Uint8Array; values: Uint8Array; count: number; token?: Uint8Array }
    | number
    | undefined;
  pin(path: string): void;
  freeze(): void;
  reuse(other: NativeMap): void;
  close(): void;
}

export interface NativeRingBuffer {
  resume(): void;
  pause(): void;
  consume(): number;
  fill(): number;
  setRef(on: boolean): void;
  close(): void;
}

export interface NativeBtf {
  struct(name: string): StructLayout | undefined;
  func(name: string): { name: string; params: number; paramNames: string[] } | undefined;
  hasTypedef(name: string): boolean;
  close(): void;
}

/** Where the addon is: beside `dist` when installed or built, beside `src` in tests. */
function addonPath(): string {
  return fileURLToPath(
    new URL(`../prebuilds/${process.platform}-${process.arch}.node`, import.meta.url),
  );
}

function load(): Native {
  const path = addonPath();
  let loaded: Native;
  try {
    loaded = createRequire(import.meta.url)(path) as Native;
  } catch (cause) {
    return refusing(loadError(path, cause));
  }
  loaded.setErrorFactory(makeError);
  return loaded;
}

/** So that a tool can still be asked for its help, and reports the error like any other. */
function refusing(error: BpfError): Native {
  return new Proxy({} as Native, {
    get() {
      throw error;
    },
  });
}

function loadError(path: string, cause: unknown): BpfError {
  const missing = !existsSync(path);
  const said = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  const reason = missing ? 'there is no such file' : said;
  const hint = missing
    ? 'There are addons for linux-x64 and linux-arm64 with glibc; in a clone, npm start builds it.'
    : 'The addon needs glibc 2.28 or later with libstdc++; musl (Alpine) is not supported.';
  return new BpfError('BPF_ADDON_MISSING', `cannot load the native addon ${path}: ${reason}`, {
    hint,
    exitCode: 3, // this machine cannot
    cause,
  });
}

/** Throws BPF_ADDON_MISSING at its first use when this machine cannot run the addon. */
export const native: Native = load();
