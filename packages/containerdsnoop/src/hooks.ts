import type { HookPlan } from '@imagesnoop/loader';

/** For each logical event its alternatives, best first; bpf/containerdsnoop.bpf.c tells what each costs. */
export const hooks: HookPlan = {
  'bytes read': [
    { name: 'tracepoint', programs: ['sock_recv_length_tpbtf'], selfTest: false },
    { name: 'fexit', programs: ['unix_stream_recvmsg_fexit'] },
  ],
  'bytes written': [
    { name: 'tracepoint', programs: ['sock_send_length_tpbtf'], selfTest: false },
    { name: 'fexit', programs: ['unix_stream_sendmsg_fexit'], selfTest: false },
  ],
  'bytes spliced': [
    { name: 'fexit', programs: ['unix_stream_splice_read_fexit'], selfTest: false },
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
      name: 'tracepoint',
      programs: [],
      selfTest: false,
      note: 'an end that is closed before it has read all shows no close',
    },
  ],
};
