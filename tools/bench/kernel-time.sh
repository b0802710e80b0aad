#!/bin/sh
# What each hook of a tool costs, on a kernel that has all of them:
#
#   tools/kernels/run 6.12 -- sh tools/bench/kernel-time.sh [tcpconnect|mkdirsnoop|sneakpeek [CALLS]]
#
# Three figures: the time inside BPF programs per traced call, by the kernel's own statistics
# (kernel.bpf_stats_enabled, which add some 50 ns to each run of a program); the time of the call for
# the process that makes it; and that of a system call which has nothing to do with it. Emulated
# processors are slow: only ratios mean something. tcpconnect stands beside libbpf-tools' own.
set -eu
tool=${1:-tcpconnect}
calls=${2:-$([ "$tool" = mkdirsnoop ] && echo 10000 || echo 1000)}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -D_GNU_SOURCE -O2 -o "$work/connects" "$here/tcpconnect.c"
gcc -O2 -o "$work/storm" "$here/storm.c"
gcc -O2 -o "$work/changes" "$here/../../packages/sneakpeek/test/workload/changes.c"
each=1
options="--no-file"
if [ "$tool" = sneakpeek ]; then
	each=5 # changes of each file
	options="fswatch --host"
fi

# The traced calls; prints nanoseconds for each.
workload() {
	case $tool in
	tcpconnect) "$work/connects" connects "$calls" ;;
	mkdirsnoop)
		"$work/storm" 1 "$calls" 0 "$work" |
			awk -F '[:,}]' '{ printf "%.1f\n", $4 * 1e9 / $2 }'
		;;
	sneakpeek)
		begun=$(date +%s%N)
		"$work/changes" "$calls" "$work" >"$work/ignored"
		echo $((($(date +%s%N) - begun) / (calls * each)))
		;;
	esac
}

# least COMMAND...: the least of what it prints in five runs; others disturb, nobody helps.
least() {
	for _ in 1 2 3 4 5; do "$@"; done | sort -n | head -n 1
}

# Nanoseconds and runs of all programs that are loaded.
total() {
	bpftool -j prog show | tr '{' '\n' |
		sed -n 's/.*"run_time_ns":\([0-9]*\),"run_cnt":\([0-9]*\).*/\1 \2/p' |
		awk '{ ns += $1; runs += $2 } END { printf "%d %d\n", ns, runs }'
}

# Time inside BPF programs of all calls, and how often they ran.
inside() {
	set -- $(total)
	workload >"$work/ignored"
	set -- "$@" $(total)
	echo $(($3 - $1)) $(($4 - $2))
}

# report NAME: the costs with what is attached now.
report() {
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	others=$(least "$work/connects" syscalls 100000)
	traced=$(least workload)
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	least inside | awk -v name="$1" -v n="$((calls * each))" -v traced="$traced" -v others="$others" '{
		printf "%-28s %7.0f ns in %4.1f program runs per call of %7.0f ns; another call %5.0f ns\n",
			name, $1 / n, $2 / n, traced, others }'
}

# measure NAME WORD COMMAND...: waits until COMMAND has said WORD.
measure() {
	name=$1 word=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err" &
	pid=$!
	until grep -q "$word" "$work/out" "$work/err"; do
		if ! kill -0 $pid 2>/dev/null; then
			echo "$name: $(head -n 1 "$work/err")"
			return
		fi
		sleep 0.1
	done
	report "$name"
	kill -INT $pid
	wait $pid || true
}

command="node $here/../../packages/$tool/dist/bin.js $options --no-drop -o json"
report "nothing attached"
for hook in fexit kprobe tracepoint; do
	measure "$tool --hook $hook" ": tracing" $command --hook $hook
done
[ "$tool" = tcpconnect ] || exit 0
measure "tcpconnect --no-sync-errors" ": tracing" $command --no-sync-errors
measure "libbpf-tools' tcpconnect" "PID" stdbuf -oL /usr/sbin/tcpconnect
