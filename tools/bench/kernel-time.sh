#!/bin/sh
# What one connect costs inside BPF programs, ours beside libbpf-tools' tcpconnect, on a kernel where
# both run: tools/kernels/run 6.12 -- sh tools/bench/kernel-time.sh [CONNECTS]
#
# The kernel's own statistics (kernel.bpf_stats_enabled) are read before and after; they add some
# 50 ns to each run of a program. Emulated processors are slow: only the ratio means something.
set -eu
connects=${1:-2000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -D_GNU_SOURCE -O2 -o "$work/connects" "$here/tcpconnect.c"
echo 1 >/proc/sys/kernel/bpf_stats_enabled

# Nanoseconds and runs of all programs that are loaded.
total() {
	bpftool -j prog show | tr '{' '\n' |
		sed -n 's/.*"run_time_ns":\([0-9]*\),"run_cnt":\([0-9]*\).*/\1 \2/p' |
		awk '{ ns += $1; runs += $2 } END { printf "%d %d\n", ns, runs }'
}

# measure NAME WORD COMMAND...: waits until COMMAND has said WORD.
measure() {
	name=$1 word=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err" &
	pid=$!
	until grep -q "$word" "$work/out" "$work/err"; do kill -0 $pid && sleep 0.1; done
	set -- $(total)
	"$work/connects" connects "$connects" >/dev/null
	set -- $(total) "$@"
	kill -INT $pid
	wait $pid || true
	awk -v name="$name" -v n="$connects" -v ns=$(($1 - $3)) -v runs=$(($2 - $4)) \
		'BEGIN { printf "%-34s %8.0f ns per connect, %5.1f program runs\n", name, ns / n, runs / n }'
}

tool="node $here/../../packages/tcpconnect/dist/bin.js --no-file --no-drop -o json"
for hook in fexit kprobe tracepoint; do
	measure "tcpconnect --hook $hook" ": tracing" $tool --hook $hook
done
measure "tcpconnect --no-sync-errors" ": tracing" $tool --no-sync-errors
measure "libbpf-tools' tcpconnect" "PID" stdbuf -oL /usr/sbin/tcpconnect
