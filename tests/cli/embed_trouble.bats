#!/usr/bin/env bats
# embed_trouble.bats - services that fail: nothing is stored, a sentence says why, status 7.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
	gemini EMBED_TIMEOUT_SECONDS=1
	fresh
}

teardown() {
	daemon_stop
	no_key_in "$place/data" "$place/log"
}

@test "answers that cannot be: cut, short, too large, NaN, all zero, wrong dim, wrong count" {
	plan cut
	unavailable "what is not a JSON object"
	plan short
	unavailable "ended its answer too early"
	plan huge
	unavailable "answered with more than 8388608 bytes"
	plan nan
	unavailable "a component that is not a number"
	plan zero
	unavailable "is all zero"
	plan "dim 17"
	unavailable "17 components where 16 were expected"
	plan "dim 0"
	unavailable "0 components where 16 were expected"
	for n in 0 2; do
		plan "count $n"
		run --separate-stderr coolvec add -c t "one $n" "two $n" "three $n"
		[ "$status" -eq 7 ]
		[[ $stderr == *"answered 3 texts with $n vectors"* ]]
	done
	[ "$(coolvec count -c t)" -eq 0 ]
	[ "$(requests -s length)" -eq 1 ]	# none of these is tried again
}

@test "settings that are wrong: 400, 401, 403, 404 and redirects at once, with what to look at" {
	plan "status 400"
	unavailable "check GOOGLE_API_KEY, EMBED_MODEL and EMBED_DIM"
	plan "status 401"
	unavailable "refused the key (status 401): check GOOGLE_API_KEY"
	plan "status 403"
	unavailable "refused the key (status 403)"
	plan "status 404"
	unavailable "check EMBED_MODEL and EMBED_BASE_URL"
	plan "status 302 Location:$service/v1beta/elsewhere" ok
	unavailable "redirects are not followed"
	[ "$(requests -s length)" -eq 1 ]
}

@test "a service that repeats the key does not get it into an error" {
	jq -nc --arg key "$key" '{error: {message: "API key not valid: \($key)"}}' >"$place/body"
	plan "status 400 @$place/body"
	unavailable "API key not valid: ***"
	run --separate-stderr coolvec add -c t "again"
	[[ $stderr != *"${key:0:8}"* ]]
	rm "$place/body"
}

@test "no answer in time, and nobody there" {
	plan "slow 5"
	unavailable "did not answer in time (1 s)"
	gemini EMBED_BASE_URL=http://127.0.0.1:1/v1beta
	unavailable "cannot be reached"
}

@test "408 and 5xx are tried five times more, when Retry-After says" {
	plan "status 503 Retry-After:0" "status 500 Retry-After:0" "status 408 Retry-After:0" \
		"status 502 Retry-After:0" "status 504 Retry-After:0" ok
	coolvec add -c t "patience"
	[ "$(requests -s 'map(.status)')" = "[503,500,408,502,504,200]" ]
	plan "status 503 Retry-After:0"
	unavailable "cannot answer now (status 503): try again later"
	[ "$(requests -s length)" -eq 6 ]
}

@test "Retry-After is waited for, and one of an hour is not" {
	local start
	plan "status 503 Retry-After:2" ok
	start=$(date +%s%N)
	coolvec add -c t "two seconds"
	[ $((($(date +%s%N) - start) / 1000000)) -ge 1900 ]
	plan "status 503 Retry-After:3600" ok
	unavailable "status 503"
	[ "$(requests -s length)" -eq 1 ]
}

@test "without a word from the service it is tried again after a growing time" {
	local start ms
	plan "status 500" "status 500" ok
	start=$(date +%s%N)
	coolvec add -c t "backoff"
	ms=$((($(date +%s%N) - start) / 1000000))
	[ "$ms" -ge 750 ]	# 250 to 500, then 500 to 1000
	[ "$(requests -s length)" -eq 3 ]
}

@test "what was embedded before the failure stays, and is not embedded again" {
	seq 1 250 | sed 's/^/kept /' >"$BATS_TEST_TMPDIR/texts"
	gemini EMBED_REQUESTS=1
	plan ok ok "status 400"
	run --separate-stderr coolvec add -c t - <"$BATS_TEST_TMPDIR/texts"
	[ "$status" -eq 7 ]
	[[ $stderr == *"200 of 250 texts are embedded and kept, 50 are not"* ]]
	[ "$(coolvec count -c t)" -eq 0 ]
	plan ok
	coolvec add -c t - <"$BATS_TEST_TMPDIR/texts" >/dev/null
	[ "$(requests -s 'map(.n) | add')" -eq 50 ]
	[ "$(coolvec count -c t)" -eq 250 ]
}

@test "a batch of 10,000 interrupted three times ends without a double, and no text goes out twice" {
	local i
	seq 1 10000 | jq -c '{key: "k\(.)", text: "long \(.)"}' >"$BATS_TEST_TMPDIR/items"
	: >"$BATS_TEST_TMPDIR/embedded"
	for i in 1 2 3; do
		plan "daily 2500"
		if [ $i = 2 ]; then	# the daemon is killed as well
			coolvec add -c t --jsonl - <"$BATS_TEST_TMPDIR/items" >/dev/null 2>&1 3>&- &
			wait $! || true
			kill -KILL "$daemon"
			wait "$daemon" || true
			daemon=
			gemini
		else
			run --separate-stderr coolvec add -c t --jsonl - <"$BATS_TEST_TMPDIR/items"
			[ "$status" -eq 7 ] || [ "$status" -eq 6 ]
			[[ $stderr == *"daily quota"*"texts are embedded and kept"* ]]
		fi
		embedded >>"$BATS_TEST_TMPDIR/embedded"
	done
	plan ok
	coolvec add -c t --jsonl - <"$BATS_TEST_TMPDIR/items" >/dev/null
	embedded >>"$BATS_TEST_TMPDIR/embedded"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/embedded")" -eq 10000 ]
	[ "$(sort -u "$BATS_TEST_TMPDIR/embedded" | wc -l)" -eq 10000 ]
	[ "$(coolvec count -c t)" -eq 10000 ]
	[ "$(coolvec list -c t | cut -f2 | sort -u | wc -l)" -eq 10000 ]
}

@test "a daily quota stops at once and says what was kept and what was not" {
	seq 1 300 | sed 's/^/daily /' >"$BATS_TEST_TMPDIR/texts"
	gemini EMBED_REQUESTS=1
	plan "daily 200"
	run --separate-stderr coolvec add -c t - <"$BATS_TEST_TMPDIR/texts"
	[ "$status" -eq 7 ]
	[[ $stderr == *"daily quota is used up"*"200 of 300 texts are embedded and kept, 100 are not"* ]]
	[ "$(requests -s length)" -eq 3 ]
}

@test "too many texts a minute: paced by what the service says, none lost, none twice" {
	seq 1 60 | sed 's/^/paced /' >"$BATS_TEST_TMPDIR/texts"
	gemini EMBED_REQUESTS=2
	plan "minute 30 1"
	coolvec add -c t - <"$BATS_TEST_TMPDIR/texts" >/dev/null 3>&- &
	add=$!
	# the first sixty are too many; then thirty go at once, and the rest a minute later
	until [ "$(requests -s 'map(select(.status == 200) | .n) | add // 0')" -ge 30 ]; do sleep 0.05; done
	[ "$(requests '.status' | head -n 1)" = 429 ]
	[ "$(requests -s 'map(select(.status == 200) | .n) | add')" -eq 30 ]
	sleep 2
	[ "$(requests -s 'map(select(.status == 200) | .n) | add')" -eq 30 ]
	kill "$add"
	wait "$add" || true
}

@test "EMBED_TEXTS_PER_MINUTE is kept without being told by the service" {
	gemini EMBED_TEXTS_PER_MINUTE=20
	seq 1 50 | sed 's/^/gentle /' | coolvec add -c t - >/dev/null 3>&- &
	add=$!
	until [ "$(requests -s 'map(.n) | add // 0')" -ge 20 ]; do sleep 0.05; done
	sleep 1
	[ "$(requests -s 'map(.n) | add')" -eq 20 ]
	kill "$add"
	wait "$add" || true
}

@test "RetryInfo is waited for" {
	local start
	plan "minute 0 1" "minute 1000 1"
	start=$(date +%s%N)
	coolvec add -c t "a moment"
	[ $((($(date +%s%N) - start) / 1000000)) -ge 950 ]
	[ "$(requests -s 'map(.status)')" = "[429,200]" ]
}

@test "when the client hangs up its request is cancelled" {
	gemini EMBED_TIMEOUT_SECONDS=60
	plan "slow 30"
	coolvec add -c t "nobody waits" 3>&- &
	add=$!
	until [ "$(coolvec stats -c t --json | jq .daemon.connections)" -gt 1 ]; do :; done
	sleep 0.3
	kill -KILL "$add"
	wait "$add" || true
	for i in $(seq 100); do
		[ "$(requests .action)" != '"gone"' ] || break
		sleep 0.1
	done
	[ "$(requests .action)" = '"gone"' ]
	[ "$(coolvec count -c t)" -eq 0 ]
	# one that has only closed its own side still gets its answer
	plan "slow 1"
	jq -nc --arg t "$(cat "$(find "$XDG_STATE_HOME/coolvec" -type f)")" \
		'{op: "embed", token: $t, args: {collection: "t", texts: ["half closed"]}}' |
		socat -t 10 - "UNIX-CONNECT:$COOLVEC_SOCKET" >"$BATS_TEST_TMPDIR/answer"
	[ "$(jq .ok "$BATS_TEST_TMPDIR/answer")" = true ]
}

@test "stopping the daemon does not wait for the service" {
	local start
	gemini EMBED_TIMEOUT_SECONDS=60
	plan "slow 30"
	coolvec add -c t "too late" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	add=$!
	until [ "$(coolvec stats -c t --json | jq .daemon.connections)" -gt 1 ]; do :; done
	start=$(date +%s%N)
	daemon_stop
	[ $((($(date +%s%N) - start) / 1000000)) -lt 3000 ]
	wait "$add" || [ $? -eq 7 ]
	grep -q "the daemon is stopping" "$BATS_TEST_TMPDIR/err"
	gemini
}
