#!/bin/bash
# service.sh - coolvecd beside redis-server and sqlite-vec, as their clients see them, and beside libvec in
# the process that asks.
#
# usage: tests/bench/service.sh PROGRAM [vectors] [seconds] [TSV]	(100,000; 2 a figure and pass)
#
# Starts each of them in a temporary folder with syncing on, has PROGRAM (service.c) ask them, and
# prints a table; with TSV the figures go there too, as `service TAB library TAB data TAB figure TAB
# value`.  Exits 77 when a peer cannot be had.
set -eu
program=$(realpath "$1") n=${2:-100000} seconds=${3:-2} tsv=${4:-}
cd "$(dirname "$0")/../.."
build=$PWD/build/release
for tool in redis-check-rdb npm; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
VEC0=$(tests/bench/sqlite_vec.sh)
export VEC0
place=$(mktemp -d)
pids=
# shellcheck disable=SC2317 # called by the trap
finish() {
	for p in $pids; do
		kill "$p"
		wait "$p" || true
	done
	rm -rf "$place"
}
trap finish EXIT
(
	cd "$place"
	mkfifo ready
)
export COOLVEC_SOCKET=$place/sock XDG_STATE_HOME=$place/state
"$build/coolvecd" --env /dev/null --data "$place/data" --ready-fd 9 9<>"$place/ready" 2>"$place/daemon.log" &
daemon=$!
pids=$daemon
read -r _ <"$place/ready"
mkdir "$place/redis"
# The server is the same program by another name; Debian's package redis-server would start a service.
(exec -a redis-server redis-check-rdb --port 0 --unixsocket "$place/redis.sock" --dir "$place/redis" --appendonly yes \
	--appendfsync always --save '' --auto-aof-rewrite-percentage 0 --daemonize no >"$place/redis.log") &
redis=$!
pids="$pids $redis"
echo 'a long password' >"$place/password"
"$build/coolvec" register ada --password-file "$place/password" >/dev/null
"$build/coolvec" login ada --password-file "$place/password" >/dev/null
"$build/coolvec" collection create bench --dim 100 --embedder none --metric cosine >/dev/null
TOKEN=$(cat "$XDG_STATE_HOME"/coolvec/*token* 2>/dev/null || cat "$XDG_STATE_HOME"/coolvec/*)
export TOKEN
until [ -S "$place/redis.sock" ]; do sleep 0.05; done
mkdir "$place/libvec"
"$program" "$n" "$seconds" libvec "$place/libvec" 0 coolvec "$COOLVEC_SOCKET" "$daemon" \
	redis-server "$place/redis.sock" "$redis" sqlite-vec "$place/v.db" 0 >"$place/figures"
[ -z "$tsv" ] || awk -F'\t' -v n="$n" '{ printf "service\t%s\tclusters-%dx100\t%s\t%s\n", $1, n, $2, $3 }' \
	"$place/figures" >>"$tsv"
awk -F'\t' '
	!($2 in seen) { seen[$2] = 1; order[++rows] = $2 }
	!($1 in names) { names[$1] = 1; column[++columns] = $1 }
	{ value[$2, $1] = $3 }
	END {
		printf "%-18s", "figure"
		for (c = 1; c <= columns; c++) printf "%14s", column[c]
		print ""
		for (r = 1; r <= rows; r++) {
			printf "%-18s", order[r]
			for (c = 1; c <= columns; c++) printf "%14s", ((order[r], column[c]) in value) ? value[order[r], column[c]] : "-"
			print ""
		}
	}' "$place/figures"
