import {
  type Cursor,
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type ReadText,
  type Span,
} from '@imagesnoop/loader';

/** enum exec_event_type in bpf/execsnoop.h */
export const EVENT = { exec: 1, exit: 2 } as const;

/** enum exec_flag in bpf/execsnoop.h */
export const FLAG = {
  argvCut: 1,
  argvUnreadable: 2,
  filenameUnreadable: 4,
  exeCut: 8,
  cwdCut: 16,
  exeDeleted: 32,
  script: 64,
  callerKnown: 128,
} as const;

/** Readers of `struct exec_event` (bpf/execsnoop.h). */
export interface ExecReaders {
  readonly owner: OwnerReaders;
  /** Which of the two structs the record is. */
  readonly type: Read<number>;
  /** Start of the process, nanoseconds of CLOCK_BOOTTIME; at the same place in both structs. */
  readonly startBootNs: Read<number>;
  readonly ret: Read<number>;
  readonly flags: Read<number>;
  readonly callerComm: ReadText;
  readonly filename: Span;
  readonly exe: Span;
  readonly cwd: Span;
  /** Size of all arguments, also of those that are not in the record. */
  readonly argvBytes: Read<number>;
  /** Arguments, each with its NUL. */
  readonly argv: Span;
}

export function execReaders(layout: Layout): ExecReaders {
  const filename = layout.tail({ length: layout.u32('filename_length') });
  const exe = layout.tail({ length: layout.u32('exe_length'), after: filename });
  const cwd = layout.tail({ length: layout.u32('cwd_length'), after: exe });
  return {
    owner: ownerReaders(layout),
    type: layout.u32('header.type'),
    startBootNs: layout.u64('start_boot_ns'),
    ret: layout.i32('ret'),
    flags: layout.u32('flags'),
    callerComm: layout.text('caller_comm'),
    argvBytes: layout.u32('argv_bytes'),
    filename,
    exe,
    cwd,
    argv: layout.tail({ length: layout.u32('argv_length'), after: cwd }),
  };
}

/** Readers of `struct exit_event` (bpf/execsnoop.h). */
export interface ExitReaders {
  readonly durationNs: Read<number>;
  /** As wait(2) gives it. */
  readonly status: Read<number>;
}

export function exitReaders(layout: Layout): ExitReaders {
  return { durationNs: layout.u64('duration_ns'), status: layout.u32('status') };
}

/** Tells a process from all others since the machine was booted, also when its pid is given again. */
export function processId({ owner, startBootNs }: ExecReaders, at: Cursor): string {
  return `${owner.pid(at)}-${startBootNs(at)}`;
}
