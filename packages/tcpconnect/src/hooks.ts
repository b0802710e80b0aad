import type { HookAlternative, HookPlan } from '@imagesnoop/loader';

/** What is to be seen beyond every attempt and its outcome. */
export interface HookNeeds {
  /** What calls return, and with it attempts that fail at once. */
  readonly returns: boolean;
  /** The local port before the outcome. */
  readonly ports: boolean;
  /** Answers of name servers. */
  readonly answers: boolean;
}

const STATES = [
  'inet_sock_set_state_tpbtf',
  'tcp_destroy_sock_tpbtf',
  'tcp_retransmit_skb_tpbtf',
  'signal_deliver_tpbtf',
];

// Where a tracepoint attaches it fires, so the trigger is for those that depend on ftrace.
const attempts: readonly HookAlternative[] = [
  { name: 'tracepoint', programs: STATES, selfTest: false },
];

const errors: readonly HookAlternative[] = [
  { name: 'fexit', programs: ['sock_def_error_report_fentry'] },
  { name: 'tracepoint', programs: ['inet_sk_error_report_tpbtf'] },
  { name: 'kprobe', programs: ['sock_def_error_report_kprobe'] },
  {
    name: 'tracepoint',
    programs: [],
    note: 'an error that the application takes at once may show as aborted before Linux 5.14',
  },
].map((one) => ({ ...one, selfTest: false }));

const returns: readonly HookAlternative[] = [
  {
    name: 'fexit',
    programs: ['stream_connect_fentry', 'stream_connect_fexit', 'security_socket_connect_fexit'],
  },
  {
    name: 'tracepoint',
    programs: ['sys_enter_connect_tp', 'sys_exit_connect_tp'],
    selfTest: false,
    note: 'costs every system call of this machine 15 to 36 ns; --no-sync-errors does without',
  },
  {
    name: 'kprobe',
    programs: [
      'stream_connect_kprobe',
      'stream_connect_kretprobe',
      'security_socket_connect_kprobe',
      'security_socket_connect_kretprobe',
    ],
    note: 'ret is null where more calls wait at once than the kernel has return probes, at least 2',
  },
];

const sends: readonly HookAlternative[] = [
  { name: 'tracepoint', programs: ['sock_send_length_tpbtf'] },
  { name: 'fexit', programs: ['tcp_sendmsg_fexit'] },
  { name: 'kprobe', programs: ['tcp_sendmsg_kprobe', 'tcp_sendmsg_kretprobe'] },
  {
    name: 'tracepoint',
    programs: ['sys_exit_sendto_tp', 'sys_exit_sendmsg_tp'],
    note: 'sends with MSG_FASTOPEN that fail at once are not seen',
  },
].map((one) => ({ ...one, selfTest: false }));

const completions: readonly HookAlternative[] = [
  { name: 'tracepoint', programs: ['io_uring_complete_tpbtf'] },
  { name: 'tracepoint', programs: [], note: 'this kernel has no io_uring' },
].map((one) => ({ ...one, selfTest: false }));

const ports: readonly HookAlternative[] = [
  { name: 'fexit', programs: ['tcp_v4_connect_fexit', 'tcp_v6_connect_fexit'] },
  {
    name: 'tracepoint',
    programs: ['net_dev_queue_tpbtf'],
    note: 'an attempt shows when its first packet leaves',
  },
].map((one) => ({ ...one, selfTest: false }));

const answers: readonly HookAlternative[] = [
  { name: 'tracepoint', programs: ['sock_recv_length_tpbtf', 'sock_send_length_dns_tpbtf'] },
  {
    name: 'fexit',
    programs: [
      ...['inet_recvmsg_fexit', 'inet6_recvmsg_fexit'],
      ...['inet_sendmsg_fexit', 'inet6_sendmsg_fexit'],
    ],
  },
].map((one) => ({ ...one, selfTest: false }));

/** Best first; bpf/tcpconnect.bpf.c tells what each sees, README.md what each costs. */
export function hooksFor(needs: HookNeeds): HookPlan {
  return {
    attempts,
    'errors told early': errors,
    ...(needs.returns
      ? { returns, 'sends that connect': sends, 'io_uring results': completions }
      : {}),
    ...(needs.ports ? { 'local ports': ports } : {}),
    ...(needs.answers ? { 'name server answers': answers } : {}),
  };
}
