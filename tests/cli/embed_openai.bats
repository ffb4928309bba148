#!/usr/bin/env bats
# embed_openai.bats - collections embedded by any service that answers as OpenAI does.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
	openai
}

teardown() {
	daemon_stop
}

openai() {
	daemon_with EMBEDDER=openai EMBED_BASE_URL="$service/v1" EMBED_MODEL=some-model "$@"
}

@test "the service is asked for its dim once, and the collection keeps it" {
	fresh
	[ "$(coolvec collection show t --json | jq -c .embedder)" = \
		'{"provider":"openai","model":"some-model","version":"1","dim":8}' ]
	[ "$(requests '[.path, .texts]')" = '["/v1/embeddings",["dimensions"]]' ]
	coolvec add -c t "a" "b"
	[ "$(requests -s '.[1].body')" = \
		'{"model":"some-model","input":["a","b"],"encoding_format":"base64"}' ]
}

@test "a dim that was asked for is sent, and sent again after a restart with another setting" {
	openai EMBED_DIM=24
	coolvec collection create cut >/dev/null
	[ "$(requests -s length)" -eq 0 ]
	coolvec add -c cut "first"
	openai
	coolvec add -c cut "second"
	[ "$(requests .body.dimensions)" = "24
24" ]
	[ "$(coolvec collection show cut --json | jq -c '[.dim, .embedder.version]')" = '[24,"1d"]' ]
}

@test "without a key none is sent, and with one it is in Authorization" {
	fresh
	coolvec add -c t "no key $RANDOM"
	openai EMBED_API_KEY="$key"
	coolvec add -c t "with a key $RANDOM"
	[ "$(requests .auth | tail -n 2)" = "null
\"Bearer $key\"" ]
	no_key_in "$place/data" "$place/log"
}

@test "vectors are the same as base64, as numbers, and in any order" {
	local how
	fresh
	for how in ok float shuffle noindex; do
		rm -f "$place"/data/embed.cache*
		daemon_stop
		plan "$how"
		openai
		coolvec embed -c t "one text" "another text" "a third" >"$BATS_TEST_TMPDIR/$how"
		[ "$(requests -s length)" -eq 1 ]
	done
	cmp "$BATS_TEST_TMPDIR/ok" "$BATS_TEST_TMPDIR/float"
	cmp "$BATS_TEST_TMPDIR/ok" "$BATS_TEST_TMPDIR/shuffle"
	cmp "$BATS_TEST_TMPDIR/ok" "$BATS_TEST_TMPDIR/noindex"
}

@test "prefixes are put before what is stored and what is searched for" {
	openai EMBED_DOCUMENT_PREFIX="search_document: " EMBED_QUERY_PREFIX="search_query: "
	fresh
	plan ok
	coolvec add -c t "a pine"
	coolvec search -c t "trees"
	[ "$(requests .texts[0])" = '"search_document: a pine"
"search_query: trees"' ]
	[ "$(coolvec get -c t 0 | cut -f2)" = "a pine" ]
}

@test "thirty-two texts go at once, and four requests at most are under way" {
	fresh
	plan "slow 0.2"
	seq 1 320 | sed 's/^/line /' | coolvec add -c t - >/dev/null
	[ "$(requests -s 'map(.n) | unique')" = "[32]" ]
	[ "$(requests -s 'map(.flying) | max')" -eq 4 ]
	openai EMBED_REQUESTS=1
	plan "slow 0.1"
	seq 321 480 | sed 's/^/line /' | coolvec add -c t - >/dev/null
	[ "$(requests -s 'map(.flying) | max')" -eq 1 ]
}

@test "a search is not behind the whole of a large batch" {
	local start batch
	fresh
	plan "slow 0.2"
	seq 1 2000 | sed "s/^/big $RANDOM /" | coolvec add -c t - >/dev/null 3>&- &
	batch=$!
	until [ -s "$asked" ]; do :; done
	start=$(date +%s%N)
	coolvec search -c t "quick $RANDOM"
	[ $((($(date +%s%N) - start) / 1000000)) -lt 1500 ]
	[ "$(requests -s 'map(.n) | add')" -lt 1500 ]
	kill "$batch"
	wait "$batch" || true
}

@test "while the service takes its time, everything else goes on" {
	local start searches=()
	fresh
	coolvec add -c t "known"
	plan "slow 20"
	for i in 1 2 3 4 5 6 7 8; do
		coolvec search -c t "slow $i" >"$BATS_TEST_TMPDIR/out$i" 2>&1 3>&- &
		searches+=($!)
	done
	for i in $(seq 50); do
		[ "$(coolvec stats -c t --json | jq .daemon.connections)" -le 8 ] || break
		sleep 0.1
	done
	[ "$(coolvec stats -c t --json | jq .daemon.connections)" -gt 8 ]
	start=$(date +%s%N)
	for i in 1 2 3 4 5; do
		coolvec similarity -c t 0 >/dev/null
		coolvec get -c t 0 >/dev/null
	done
	[ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ]
	kill "${searches[@]}" || true
	wait "${searches[@]}" || true
}

@test "answers keep the order of the requests of a connection" {
	local token
	fresh
	token=$(cat "$(find "$XDG_STATE_HOME/coolvec" -type f)")
	plan "slow 0.3" ok
	for i in 1 2 3 4; do
		jq -nc --arg t "$token" --argjson i $i \
			'{id: $i, op: (if $i % 2 == 1 then "embed" else "count" end), token: $t,
			args: (if $i % 2 == 1 then {collection: "t", texts: ["order \($i)"]} else {collection: "t"} end)}'
	done | socat -t 10 - "UNIX-CONNECT:$COOLVEC_SOCKET" >"$BATS_TEST_TMPDIR/answers"
	[ "$(jq -c '[.id, .ok]' "$BATS_TEST_TMPDIR/answers")" = '[1,true]
[2,true]
[3,true]
[4,true]' ]
}

@test "a model must be named where the service is not OpenAI's own" {
	daemon_stop
	unset EMBED_MODEL
	run env EMBEDDER=openai EMBED_BASE_URL="$service/v1" "$build/coolvecd" --env /dev/null --data "$place/d2" \
		--socket "$place/s2"
	[ "$status" -eq 1 ]
	[[ $output == *"set EMBED_MODEL"* ]]
	daemon_with EMBEDDER=openai
	run --separate-stderr coolvec collection create nokey
	[ "$status" -eq 7 ]
	[[ $stderr == *"set EMBED_API_KEY"* ]]
}
