#!/bin/bash
# many.sh - many small collections: start, memory at rest, descriptors.
#
# usage: tests/bench/many.sh [collections] [TSV]	(10,000, of 20 users, 100 vectors of 64 components each)
#
# Prints how long the daemon takes to serve again with them, its memory for each before any was asked
# for and when all were (pages of its own, not those of files), and what it holds open.
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/build/release
n=${1:-10000} tsv=${2:-}
users=20
place=$(mktemp -d)
daemon=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; }
	rm -rf "$place"
}
trap finish EXIT
cd "$place"
export COOLVEC_SOCKET=$place/sock XDG_STATE_HOME=$place/state
mkfifo ready

start() {
	local began=${EPOCHREALTIME/./}
	"$build/coolvecd" --env /dev/null --data data --ready-fd 9 9<>ready 2>>log &
	daemon=$!
	read -r _ <ready
	started_ms=$(((${EPOCHREALTIME/./} - began) / 1000))
}

stop() {
	kill "$daemon"
	wait "$daemon"
	daemon=
}

# Of the daemon's memory, KiB.
status() {
	awk -v name="$1:" '$1 == name { print $2 }' "/proc/$daemon/status"
}

say() {
	printf '%-34s %10s %s\n' "$1" "$2" "$3"
	[ -z "$tsv" ] || printf 'many\tcoolvec\t%s-collections\t%s\t%s\n' "$n" "$1" "$2" >>"$tsv"
}

# Requests from standard input, each answered before the next is sent; fails when one is refused.
ask() {
	socat -t 60 - "UNIX-CONNECT:$COOLVEC_SOCKET" | jq -ce 'select(.ok != true)' >refused && {
		head -n 3 refused >&2
		return 1
	} || true
}

start
rest_empty=$(status RssAnon)
echo 'a long password' >password
for u in $(seq $users); do
	XDG_STATE_HOME=$place/state$u "$build/coolvec" register "u$u" --password-file password >/dev/null
	XDG_STATE_HOME=$place/state$u "$build/coolvec" login "u$u" --password-file password >/dev/null
	cat "$place/state$u"/coolvec/*
	echo
done | grep . >tokens
vectors=$(awk 'BEGIN { srand(3); for (i = 0; i < 100; i++) { printf "%s{\"vector\":[", i ? "," : ""
	for (j = 0; j < 64; j++) printf "%s%.3f", j ? "," : "", rand() - 0.5
	printf "]}" } }')
mapfile -t token <tokens
for i in $(seq "$n"); do
	t=${token[$((i % users))]}
	printf '{"op":"collection_create","token":"%s","args":{"name":"c%d","embedder":"none","dim":64}}\n' "$t" "$i"
	printf '{"op":"add","token":"%s","args":{"collection":"c%d","items":[%s]}}\n' "$t" "$i" "$vectors"
done | ask
stop
start
say start "$started_ms" ms
say 'memory each, at rest' "$(((($(status RssAnon) - rest_empty) * 1024) / n))" bytes
for i in $(seq "$n"); do
	printf '{"op":"similarity","token":"%s","args":{"collection":"c%d","id":7,"k":3}}\n' \
		"${token[$((i % users))]}" "$i"
done >questions
began=${EPOCHREALTIME/./}
ask <questions
say 'first search in each' "$(((${EPOCHREALTIME/./} - began) / n))" us
say 'memory each, all asked for' "$(((($(status RssAnon) - rest_empty) * 1024) / n))" bytes
say 'descriptors' "$(find "/proc/$daemon/fd" | wc -l)" ''
say 'address space' "$(($(status VmSize) / 1048576))" GiB
