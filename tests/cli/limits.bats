# limits.bats - what a client may take, and that the others do not feel it.

load wire

setup() {
	place
	export dir=$BATS_TEST_TMPDIR
	export sock=$dir/s data=$dir/data log=$dir/log COOLVEC_SNAPSHOT_DIRS=$dir
}

teardown() {
	cleanup
}

# crowd as ARGS...: what it says, as JSON.
crowd() {
	"$build/tests/cli/crowd" "$sock" "$@" | tr ' ' '\n' | paste -d' ' - - | jq -Rn '[inputs | split(" ") | {(.[0]): (.[1] | tonumber)}] | add'
}

rss_kib() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$daemon/status"
}

@test "limits that are set lower hold: line, values, depth, text, batch, dim, k, ef" {
	serve COOLVEC_MAX_LINE=4000 COOLVEC_MAX_VALUES=100 COOLVEC_MAX_DEPTH=4 COOLVEC_MAX_TEXT=50 \
		COOLVEC_MAX_BATCH=3 COOLVEC_MAX_DIM=20 COOLVEC_MAX_K=7 COOLVEC_MAX_EF=9
	token=$(account ada)
	works collection_create '{"name":"v","embedder":"none","dim":20}'
	fails bad_request collection_create '{"name":"w","embedder":"none","dim":21}'
	same "text has 51 bytes, more than 50" "$(fails too_large add "{\"text\":\"$(printf 'x%.0s' {1..51})\"}")"
	works add "{\"text\":\"$(printf 'x%.0s' {1..50})\"}"
	fails too_large add "{\"items\":[{\"text\":\"a\"},{\"text\":\"$(printf 'x%.0s' {1..51})\"}]}"
	works add '{"items":[{"text":"a"},{"text":"b"},{"text":"c"}]}'
	fails too_large add '{"items":[{"text":"a"},{"text":"b"},{"text":"c"},{"text":"d"}]}'
	fails too_large get '{"ids":[0,1,2,3]}'
	fails too_large embed '{"texts":["a","b","c","d"]}'
	fails bad_request list '{"limit":4}'
	works similarity '{"id":0,"k":7,"ef":9}'
	fails bad_request similarity '{"id":0,"k":8}'
	fails bad_request similarity '{"id":0,"ef":10}'
	fails bad_json add '{"text":"a","meta":{"a":{"b":{}}}}'		# the fifth level
	works add '{"text":"deep","meta":{"a":1}}'
	fails too_large get "{\"ids\":[$(seq -s, 0 98)]}"
	same "the line is longer than 4000 bytes" "$(head -c 4001 /dev/zero | tr '\0' x | wire | jq -r .error.message)"
	stop
}

@test "texts of an answer are bounded" {
	serve COOLVEC_MAX_ANSWER=1048576
	token=$(account ada)
	jq -nc --arg t "$token" '{op: "add", token: $t, args: {items: [range(12) | {text: ("word \(.) " + "x" * 100000)}]}}' |
		wire | jq -e .ok
	works get '{"ids":[0,1,2,3,4,5,6,7,8,9]}' | jq -e '.items | length == 10'
	fails too_large get '{"ids":[0,1,2,3,4,5,6,7,8,9,10,11]}'
	fails too_large get '{"ids":[0,0,0,0,0,0,0,0,0,0,0,0]}'
	works similarity '{"id":0,"k":9}' | jq -e '.results | length == 9'
	fails too_large similarity '{"id":0,"k":11}'
	works similarity '{"id":0,"k":11,"fields":["key"]}' | jq -e '.results | length == 11'
	stop
}

@test "a byte a second: the line's time ends it, and 500 such are nothing to 500 good clients" {
	serve COOLVEC_LINE_SECONDS=3 COOLVEC_GRACE_SECONDS=60 COOLVEC_LOG_LEVEL=debug
	run -0 crowd slow 500 500 5
	echo "# $(tr -d '\n' <<<"$output")" >&3
	jq -e '.errors == 0 and .answers > 5000' <<<"$output"
	[ "$(grep -c 'closed for having waited 3 s' "$log")" -eq 500 ]
	pings
	stop
}

@test "200 clients that send ahead and read nothing: little of each is held, and the others are served" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer's memory is another"
	serve COOLVEC_LINE_SECONDS=5 COOLVEC_LOG_LEVEL=debug
	local before held
	pings
	before=$(rss_kib)
	mkfifo "$dir/stay"
	"$build/tests/cli/crowd" "$sock" deaf 200 8192 <"$dir/stay" >"$dir/said" 3>&- &
	local crowd=$!
	exec 8>"$dir/stay"
	soon test -s "$dir/said"
	held=$(($(rss_kib) - before))
	echo "# $(cat "$dir/said"), $((held / 200)) KiB each" >&3
	grep -q 'answers 100$' "$dir/said"
	[ "$held" -lt $((200 * 256)) ]
	# and after the time for an answer that nobody reads they are gone
	gone() { [ "$(grep -c "closed for having waited" "$log")" -ge 200 ]; }
	soon gone
	exec 8>&-
	wait "$crowd"
	stop
}

@test "1,000 connections are served and the next is refused" {
	serve COOLVEC_MAX_CONNECTIONS=1000
	same 'served 1000 next {"id":null,"ok":false,"error":{"name":"busy","message":"too many connections"}}' \
		"$("$build/tests/cli/crowd" "$sock" hold 1000)"
	soon pings
	stop
}

@test "10,000 requests sent ahead are answered in order" {
	serve
	seq 0 9999 | sed 's/.*/{"id":&,"op":"ping"}/' | wire | jq .id | cmp - <(seq 0 9999)
	stop
}

@test "storms, and clients that are gone before the answer" {
	serve
	local before
	crowd storm 3000
	crowd reset 500
	soon pings
	before=$(rss_kib)
	crowd storm 3000
	crowd reset 500
	soon pings
	idle() { works metrics '{}' '' | jq -e '.connections == 1'; }
	soon idle
	echo "# $(($(rss_kib) - before)) KiB more" >&3
	[ $(($(rss_kib) - before)) -lt 40960 ]		# a full backlog of 512 at once, 64 KiB each
	stop
}

@test "half-read requests of all together are bounded" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer's memory is another"
	serve COOLVEC_MAX_READING=33554432 COOLVEC_GRACE_SECONDS=60
	local i before
	before=$(rss_kib)
	for i in {1..20}; do
		head -c 8000000 /dev/zero | tr '\0' ' ' | wirecat -k -t 4 "$sock" >"$dir/half.$i" 3>&- &
	done
	sleep 2
	pings
	echo "# $((($(rss_kib) - before) / 1024)) MiB for 160 MB" >&3
	[ $(($(rss_kib) - before)) -lt 81920 ]
	wait $(jobs -p | grep -vx "$daemon") || true
	[ "$(cat "$dir"/half.* | grep -c 'too many long requests are being read')" -ge 10 ]
	stop
}

@test "a line of many values is refused before it is parsed" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer's memory is another"
	serve
	local before
	before=$(rss_kib)
	{ printf '{"op":"ping","args":{"x":['; yes 0, | tr -d '\n' | head -c 16000000; printf '0]}}\n'; } >"$dir/line"
	[ "$(wire <"$dir/line" | jq -r .error.name)" = too_large ]
	[ $(($(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$daemon/status") - before)) -lt 102400 ]
	stop
}

@test "few descriptors: fewer connections, and collections still open" {
	ulimit -n 64
	serve
	grep -q '64 descriptors are too few for 1024 connections: it is 16 at once' "$log"
	token=$(account ada)
	wirecat -k -n 14 -t 20 "$sock" </dev/null >/dev/null 3>&- &
	local holder=$!
	count() { [ "$(works metrics '{}' '' | jq .connections)" -eq 16 ]; }
	soon count
	works add '{"text":"with all connections taken"}'
	kill "$holder"
	wait "$holder" || true
	stop
}

@test "no descriptor left: others are served on, and all again later" {
	command -v prlimit >/dev/null || skip "no prlimit here"
	serve
	token=$(account ada)
	works add '{"text":"before"}'
	mkfifo "$dir/more"
	{ request count; cat "$dir/more"; } | wirecat -t 60 "$sock" >"$dir/answers" 3>&- &
	local client=$!
	first() { grep -q '"ok":true' "$dir/answers"; }
	soon first
	local i limit=0 free=0
	while [ "$free" -lt 2 ]; do	# up to the second number that is free: one is left
		[ -e "/proc/$daemon/fd/$limit" ] || free=$((free + 1))
		[ "$free" -eq 2 ] || limit=$((limit + 1))
	done
	prlimit --pid "$daemon" --nofile="$limit:"
	wirecat -t 20 "$sock" <<<'{"op":"ping"}'	# the only one: nobody is refused
	run ! grep "was not accepted" "$log"
	for i in {1..20}; do	# each is served, or hung up on
		run -0 wirecat -t 20 "$sock" <<<'{"op":"ping"}'
	done
	wirecat -k -n 20 -t 3 "$sock" <<<'{"op":"ping"}' >"$dir/flood" || true
	grep -q 'was not accepted' "$log" || [ ! -s "$dir/flood" ]
	{ request whoami; } >"$dir/more"
	wait "$client"
	same 2 "$(grep -c '"ok":true' "$dir/answers")"
	prlimit --pid "$daemon" --nofile=1024:
	soon pings
	stop
}
