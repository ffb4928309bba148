#!/bin/bash
# start.sh - a large collection: how long from the daemon's start to its first answer, and to its graph.
#
# usage: tests/bench/start.sh [N] [TIMES] [TSV]	(1,000,000 vectors of 128 components, 5 times)
#
# The collection is made once, by import, and kept in ${XDG_CACHE_HOME:-~/.cache}/coolvec/start-N: of a
# million that takes a quarter of an hour.  Then each time a daemon is started on it, with its files in
# memory.  Prints the milliseconds of each time and the median.
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/build/${SAN:-release}
n=${1:-1000000} times=${2:-5} tsv=${3:-} dim=128
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec
place=$cache/start-$n
make -s all "build/${SAN:-release}/tests/bench/start" >&2
unset "${!COOLVEC_@}"
run=$(mktemp -d)
daemon=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$daemon" ] || { kill "$daemon"; wait "$daemon" || true; }
	rm -rf "$run"
}
trap finish EXIT

coolvec() {
	XDG_STATE_HOME=$run/state "$build/coolvec" --socket "$run/sock" "$@"
}

make_it() {
	local rest
	rm -rf "$place.new"
	mkdir -p "$place.new"
	mkfifo "$run/ready"
	# a year, so that the token that is kept here serves the next time too
	ACCESS_TOKEN_EXPIRE_MINUTES=525600 "$build/coolvecd" --env /dev/null --data "$place.new/data" \
		--socket "$run/sock" --ready-fd 9 --log-level error 9<>"$run/ready" &
	daemon=$!
	read -r _ <"$run/ready"
	echo 'a long password' >"$run/password"
	coolvec register ada --password-file "$run/password" >&2
	coolvec login ada --password-file "$run/password" >&2
	cat "$run"/state/coolvec/* >"$place.new/token"
	coolvec collection create start --embedder none --dim $dim >&2
	"$build/tests/bench/start" rows "$n" $dim >"$run/rows.npy"
	coolvec import "$run/rows.npy" -c start >&2
	rm "$run/rows.npy"
	while rest=$(coolvec stats -c start --json | jq .tail); [ "$rest" != 0 ]; do
		[ ! -t 2 ] || printf '\r%d to be indexed   ' "$rest" >&2
		sleep 1
	done
	[ ! -t 2 ] || echo >&2
	kill "$daemon"
	wait "$daemon"
	daemon=
	mv "$place.new" "$place"
}

[ -e "$place/token" ] || make_it
cat "$place"/data/collections/*/* "$place/data/meta.db" >/dev/null
printf '%-12s %14s %14s\n' vectors 'answer, ms' 'graph, ms'
for _ in $(seq "$times"); do
	"$build/tests/bench/start" measure "$build/coolvecd" "$place/data" "$run/sock" start "$n" $dim \
		<"$place/token" | tee -a "$run/times" | { read -r a g; printf '%-12s %14s %14s\n' "$n" "$a" "$g"; }
done
median() {
	awk -v f="$1" '{ print $f }' "$run/times" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
printf '%-12s %14s %14s\n' median "$(median 1)" "$(median 2)"
[ -z "$tsv" ] || printf 'service\tcoolvec\t%sx%s\t%s\t%s\n' "$n" $dim start_ms "$(median 1)" "$n" $dim graph_ms "$(median 2)" >>"$tsv"
