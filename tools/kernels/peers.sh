#!/bin/bash
# Which of the tools that ours are compared with run on a kernel, and when they show the first event:
#
#   tools/kernels/run 6.1 --headers --memory 3072 --seconds 900 -- tools/kernels/peers.sh [NAME...]
#
# Each is started alone; connects and programs go on until it shows one. Exit 1 if one shows none.
set -u
LIMIT=${LIMIT:-240}
work=$(mktemp -d)
failed=0

# show NAME WORD COMMAND...: COMMAND has to print WORD, the port or the program of our workload.
show() {
	name=$1 word=$2
	shift 2
	[ -z "$wanted" ] || [[ " $wanted " == *" $name "* ]] || return 0
	start=$SECONDS
	setsid stdbuf -oL "$@" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	until grep -q "$word" "$work/out" || [ $((SECONDS - start)) -gt "$LIMIT" ]; do
		kill -0 $pid 2>/dev/null || break
		(: </dev/tcp/127.0.0.1/7999) 2>/dev/null
		"$work/traced" </dev/null
		sleep 0.2
	done
	if grep -q "$word" "$work/out"; then
		printf '%-22s ok, %d s: %s\n' "$name" $((SECONDS - start)) "$(grep -m1 "$word" "$work/out")"
	else
		printf '%-22s no: %s\n' "$name" "$(tail -n1 "$work/err")"
		failed=1
	fi
	# Those in Python do not end by SIGINT when started in the background.
	kill -KILL -$pid 2>/dev/null
	wait $pid 2>/dev/null
}

wanted=$*
cp /bin/true "$work/traced"
show tcpconnect 7999 tcpconnect
show execsnoop traced execsnoop
show tcpconnect-bpfcc 7999 tcpconnect-bpfcc
show execsnoop-bpfcc traced execsnoop-bpfcc
show tcpconnect.bt 7999 tcpconnect.bt
show bpftrace-kprobe connect bpftrace -e 'kprobe:tcp_v4_connect { printf("connect by %s\n", comm); }'
show bpftrace-kfunc connect bpftrace -e 'kfunc:tcp_v4_connect { printf("connect by %s\n", comm); }'
show bpftrace-tracepoint traced \
	bpftrace -e 'tracepoint:syscalls:sys_enter_execve { printf("exec of %s\n", str(args->filename)); }'
rm -rf "$work"
exit $failed
