import type { HookAlternative, HookPlan } from '@imagesnoop/loader';

/**
 * Where nothing can be kept in a socket: tables by its address, and a hook that tells when one is
 * freed. Of the sockets of a machine few belong to the connections that are watched.
 */
const byAddress = {
  rodata: { cfg_by_address: true },
  mapSizes: { ends_by_address: 16_384, rejected_by_address: 16_384, calls: 8192 },
} as const;

const FEW_RETURNS =
  'where many threads wait in unix sockets at once, the kernel skips some returns';

/** As a kretprobe and the kprobe that tells it of which socket. */
const returns = (name: string, variant = ''): HookAlternative => ({
  name: 'kprobe',
  programs: [`${name}_kprobe`, `${name}_kretprobe${variant}`, 'unix_sock_destructor_kprobe'],
  note: FEW_RETURNS,
  ...byAddress,
});

const NOT_WAITING = 'what calls read that waited at the start already is not told';

/**
 * As it is, and where that cannot be had without the program that sees what calls take that waited
 * when it was attached: these hooks are not told that such calls return.
 */
const withWaiting = (alternative: HookAlternative): HookAlternative[] => {
  const { name, programs, note } = alternative;
  const notes = [note, NOT_WAITING].filter((one) => one !== undefined);
  return [
    { ...alternative, programs: [...programs, `unix_stream_read_actor_${name}`] },
    { ...alternative, note: notes.join('; ') },
  ];
};

/** For each logical event its alternatives, best first; bpf/containerdsnoop.bpf.c tells what each costs. */
export const hooks: HookPlan = {
  'bytes read': [
    { name: 'tracepoint', programs: ['sock_recv_length_tpbtf'], selfTest: false },
    ...withWaiting({ name: 'fexit', programs: ['unix_stream_recvmsg_fexit'] }),
    ...withWaiting({
      name: 'fexit',
      programs: ['unix_stream_recvmsg_fexit_unrolled', 'unix_sock_destructor_fentry'],
      ...byAddress,
    }),
    ...withWaiting(returns('unix_stream_recvmsg')),
    ...withWaiting(returns('unix_stream_recvmsg', '_unrolled')),
  ],
  'bytes written': [
    { name: 'tracepoint', programs: ['sock_send_length_tpbtf'], selfTest: false },
    { name: 'fexit', programs: ['unix_stream_sendmsg_fexit'], selfTest: false },
    { name: 'fexit', programs: ['unix_stream_sendmsg_fexit_unrolled'], selfTest: false },
    { ...returns('unix_stream_sendmsg'), selfTest: false },
    { ...returns('unix_stream_sendmsg', '_unrolled'), selfTest: false },
  ],
  'bytes spliced': [
    { name: 'fexit', programs: ['unix_stream_splice_read_fexit'], selfTest: false },
    { ...returns('unix_stream_splice_read'), selfTest: false },
    {
      name: 'tracepoint',
      programs: [],
      selfTest: false,
      note: 'what splice(2) takes is noticed at the next read, or at the end',
    },
  ],
  'sockets closed': [
    { name: 'fexit', programs: ['unix_release_fentry'], selfTest: false },
    {
      name: 'kprobe',
      programs: ['unix_release_kprobe', 'unix_sock_destructor_kprobe'],
      selfTest: false,
      ...byAddress,
    },
    {
      name: 'tracepoint',
      programs: [],
      selfTest: false,
      note: 'an end that is closed before it has read all shows no close',
    },
  ],
};
