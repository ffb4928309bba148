#!/bin/bash
# memory.sh - searches when the memory is half of the vectors: codes and links stay in it, what is to be
# measured again is read from the disk.
#
# usage: tests/bench/memory.sh BIN [TSV]
#
# BIN is build/release/tests/bench.  The limit is a control group's (version 1 or 2), made below this
# process's own or, where processes are not allowed beside a child with limits, at the root; it takes root.
# The same searches are made without the limit and with it.  Exits 77 when there is no control group to be
# had.
set -eu
bin=$1 tsv=${2:-}
cd "$(dirname "$0")/../.."
data=clusters-30000x1536 vectors=$((30000 * 1536 * 4)) ef=${EF:-40}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec
folder=$cache/memory-$data
limit=$((vectors / 2))
group=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$group" ] || rmdir "$group"
	rm -rf "$folder"
}
trap finish EXIT

# make_group: a group with the limit, in $group
make_group() {
	local own at name=coolvec-bench-$$
	own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
	if [ -n "$own" ]; then
		at=/sys/fs/cgroup/memory$own/$name
		mkdir "$at" 2>/dev/null || return 1
		group=$at
		echo "$limit" >"$at/memory.limit_in_bytes"
		return
	fi
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	for at in "/sys/fs/cgroup${own%/}/$name" "/sys/fs/cgroup/$name"; do
		mkdir "$at" 2>/dev/null || continue
		if { echo "$limit" >"$at/memory.max"; } 2>/dev/null; then
			group=$at
			echo 0 >"$at/memory.swap.max" 2>/dev/null || true
			return
		fi
		rmdir "$at"
	done
	return 1
}

make_group || { echo "no control group for memory can be made here (it takes root)"; exit 77; }
mkdir -p "$cache"
rm -rf "$folder"
"$bin/bench_library" -c "$cache" -d $data -k none -s default -1 -n -o "$folder" large >&2

say() {
	printf 'memory\tcoolvec\t%s\t%s\t%s\n' $data "$1" "$2" >>"${tsv:-/dev/null}"
}

printf '\n%s: vectors %d MB, ef %d\n' $data $((vectors / 1000000)) "$ef"
printf '%-16s %8s %8s %8s %8s %8s %12s\n' memory recall qps 'p50, us' 'p99, us' faults 'bytes a query'
report() {
	local name=$1 recall qps p50 p99 faults bytes
	shift
	read -r recall qps p50 p99 faults bytes < <("$bin/bench_memory" "$cache" $data "$folder" "$ef" "$@")
	printf '%-16s %8s %8s %8s %8s %8s %12s\n' "$name" "$recall" "$qps" "$p50" "$p99" "$faults" "$bytes"
	say "${name%%,*}_recall" "$recall"
	say "${name%%,*}_qps" "$qps"
	say "${name%%,*}_p50_us" "$p50"
	say "${name%%,*}_p99_us" "$p99"
	eval "${name%%,*}=$qps"
}
report all
report half,"$((limit / 1000000))MB" "$group/cgroup.procs"
# shellcheck disable=SC2154 # report sets them
slower=$(awk -v a="$all" -v h="$half" 'BEGIN { printf "%.2f", a / h }')
echo "slower by $slower"
say slowdown "$slower"
