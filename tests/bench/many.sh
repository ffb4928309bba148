#!/bin/bash
# many.sh - many users, each with a small collection: start, memory at rest, descriptors, maps.
#
# usage: tests/bench/many.sh [users] [TSV]	(10,000, with 100 vectors of 100 components each)
#
# Fills a daemon through its socket, starts it anew, and prints how long it takes to answer with all of
# them there; what of its own memory (RssAnon, no pages of files) each collection takes before any was
# asked for, and after each was asked for once; and what it has open then.  TSV lines are
# service, coolvec, 10000x100, figure, value.
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/build/release
n=${1:-10000} tsv=${2:-}
place=$(mktemp -d)
daemon=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$daemon" ] || { kill "$daemon"; wait "$daemon" || true; }
	rm -rf "$place"
}
trap finish EXIT
cd "$place"
# hashing as cheap as it may be, and tokens that outlive the run
export COOLVEC_SOCKET=$place/sock COOLVEC_PASSWORD_KIB=8192 COOLVEC_PASSWORD_PASSES=1
export ACCESS_TOKEN_EXPIRE_MINUTES=1000
mkfifo ready

# Until the first answer, not only until it says that it serves.
start() {
	local began=${EPOCHREALTIME/./}
	"$build/coolvecd" --env /dev/null --data data --ready-fd 9 9<>ready 2>>log &
	daemon=$!
	read -r _ <ready
	echo '{"op":"ping"}' | socat -t 60 - "UNIX-CONNECT:$COOLVEC_SOCKET" | grep -q '"ok":true'
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
	printf 'service\tcoolvec\t%sx100\t%s\t%s\n' "$n" "$1" "$2" | tee -a "${tsv:-/dev/null}"
}

# Requests from standard input over one connection; the answers to standard output.  Fails when one is refused.
ask() {
	socat -t 600 - "UNIX-CONNECT:$COOLVEC_SOCKET" | tee answers
	if grep -m 3 -v '"ok":true' answers >&2; then return 1; fi
}

start
rest_empty=$(status RssAnon)
vectors=$(awk 'BEGIN { srand(3); for (i = 0; i < 100; i++) { printf "%s{\"vector\":[", i ? "," : ""
	for (j = 0; j < 100; j++) printf "%s%.3f", j ? "," : "", rand() - 0.5
	printf "]}" } }')
began=$EPOCHSECONDS
for i in $(seq "$n"); do
	printf '{"op":"register","args":{"username":"u%d","password":"a long password"}}\n' "$i"
	printf '{"op":"login","args":{"username":"u%d","password":"a long password"}}\n' "$i"
done | ask | jq -r '.result.access_token // empty' >tokens
mapfile -t token <tokens
echo "# $n users registered and logged in within $((EPOCHSECONDS - began)) s" >&2
began=$EPOCHSECONDS
for t in "${token[@]}"; do
	printf '{"op":"collection_create","token":"%s","args":{"name":"c","embedder":"none","dim":100}}\n' "$t"
	printf '{"op":"add","token":"%s","args":{"collection":"c","items":[%s]}}\n' "$t" "$vectors"
done | ask >/dev/null
echo "# $n collections filled within $((EPOCHSECONDS - began)) s" >&2
stop
start
[ "$(echo '{"op":"metrics"}' | ask | jq .result.collections)" = "$n" ]
say start_ms "$started_ms"
say rest_bytes "$(((($(status RssAnon) - rest_empty) * 1024) / n))"
for t in "${token[@]}"; do
	printf '{"op":"similarity","token":"%s","args":{"collection":"c","id":7,"k":3}}\n' "$t"
done >questions
began=${EPOCHREALTIME/./}
ask <questions >/dev/null
say first_search_us "$(((${EPOCHREALTIME/./} - began) / n))"
say asked_bytes "$(((($(status RssAnon) - rest_empty) * 1024) / n))"
say descriptors "$(find "/proc/$daemon/fd" -type l | wc -l)"
say mappings "$(wc -l <"/proc/$daemon/maps")"
say address_gib "$(($(status VmSize) / 1048576))"
