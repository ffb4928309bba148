#!/bin/bash
# bench.sh - the same query over the socket and over HTTP, with 1, 8 and 64 clients.
#
# usage: tests/http/bench.sh [seconds]		(3 each)
#
# A collection of 10,000 items; the 10 nearest to a stored one, texts included.  Both sides keep their
# connections.  Prints median and 99th percentile in microseconds, and requests a second.
set -eu
cd "$(dirname "$0")/../.."
SECONDS_EACH=${1:-3}
PLACE=$(mktemp -d)
export PLACE
bats_require_minimum_version() { :; }
. tests/http/helper.bash
command -v wrk >/dev/null || { echo "wrk is missing: apt install wrk"; exit 77; }
isolate
daemon='' shim=''
trap 'kill $shim $daemon 2>/dev/null; wait; rm -rf "$PLACE"' EXIT
daemon_start
shim_start --log-level error
log_in ada
seq 1 10000 | awk '{ srand($1); printf "{\"text\":\"item %d of lot %d, shelf %d, red green blue\"}\n", $1, rand() * 1000, rand() * 100 }' >items
ask POST /vec/batch -H 'Content-Type: application/x-ndjson' --data-binary @items
answered 200
until ask GET /stats && [ "$(jq .tail <<<"$body")" = 0 ]; do sleep 0.2; done

cat >query.lua <<LUA
wrk.headers["Authorization"] = "Bearer $token"
done = function(summary, latency, requests)
	local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
	io.write(string.format("RESULT %d %d %.0f %d\n", latency:percentile(50), latency:percentile(99),
		summary.requests / summary.duration * 1e6, bad))
end
LUA
printf '%-8s %22s %32s\n' '' 'socket' 'HTTP'
printf '%-8s %8s %8s %8s %10s %8s %8s %10s\n' clients p50 p99 req/s p50 p99 req/s 'p50 more'
for n in 1 8 64; do
	t=$((n > 1 ? 2 : 1))
	read -r s50 s99 srate < <("$build/tests/http/socket_bench" "$COOLVEC_SOCKET" "$token" $n \
		"$SECONDS_EACH" '{"id":17,"k":10,"fields":["text"]}')
	read -r _ h50 h99 hrate bad < <(wrk -t$t -c$n -d"$SECONDS_EACH" -s query.lua \
		"$url/vec/similarity?vec_id=17&k=10" | grep ^RESULT)
	printf '%-8s %8d %8d %8d %10d %8d %8d %10d\n' $n "$s50" "$s99" "$srate" "$h50" "$h99" "$hrate" $((h50 - s50))
	[ "$bad" = 0 ] || { echo "$bad requests failed"; exit 1; }
done
