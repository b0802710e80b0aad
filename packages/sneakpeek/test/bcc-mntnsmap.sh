#!/bin/sh
# bcc's execsnoop with a map that sneakpeek made: it has to show the programs of that mount namespace
# and no others. On a kernel that bcc compiles for, as root:
#
#   tools/kernels/run 6.1 --headers --memory 3072 --seconds 600 -- packages/sneakpeek/test/bcc-mntnsmap.sh
set -eu
here=$(dirname "$(readlink -f "$0")")
tool=
map=/sys/fs/bpf/mnt_ns_bcc
out=$(mktemp)

mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
unshare -m sh -c 'while [ ! -e '"$out"'.end ]; do /bin/true inside; sleep 0.2; done' &
inside=$!
trap 'touch "$out.end"; kill -9 $tool 2>/dev/null || :; rm -f "$map"' EXIT
inode=$(stat -Lc %i "/proc/$inside/ns/mnt")
while [ "$inode" = "$(stat -Lc %i /proc/self/ns/mnt)" ]; do # until unshare has been called
	inode=$(stat -Lc %i "/proc/$inside/ns/mnt")
done
node "$here/../bin/bpftool_map_container_ns.js" "$inode" "$map"
stdbuf -oL execsnoop-bpfcc --mntnsmap "$map" >"$out" 2>&1 &
tool=$!
tries=0
while ! grep -q inside "$out"; do
	/bin/true outside
	tries=$((tries + 1))
	[ $tries -lt 2000 ] && kill -0 $tool || { cat "$out"; echo 'bcc shows nothing'; exit 1; }
	sleep 0.1
done
for _ in 1 2 3 4 5; do /bin/true outside; sleep 0.2; done
cat "$out" | head -5
! grep -q outside "$out" || { echo 'bcc shows what is not in the map'; exit 1; }
echo "ok: $(grep -c inside "$out") programs inside, none outside"
