#!/usr/bin/env bats
# embed_reindex_stop.bats - a collection moves to a service that fails on the way, or is given up.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
	gemini EMBED_REQUESTS=1
	fresh --embedder local --dim 64
	seq 1 2500 | sed "s/^/story $BATS_TEST_NUMBER /" | coolvec add -c t - >/dev/null
}

teardown() {
	daemon_stop
	no_key_in "$place/data" "$place/log"
}

@test "reindex --embedder gemini embeds every stored text once, as a document, and keeps the ids" {
	coolvec reindex -c t --embedder gemini
	[ "$(coolvec collection show t --json | jq -c '.embedder | [.provider, .dim]')" = '["gemini",16]' ]
	[ "$(embedded | sort -u | wc -l)" -eq 2500 ]
	[ "$(embedded | wc -l)" -eq 2500 ]
	[ "$(requests -s 'map(.body.requests[].taskType) | unique')" = '["RETRIEVAL_DOCUMENT"]' ]
	[ "$(coolvec get -c t 1233 | cut -f2)" = "story 1 1234" ]
	run coolvec similarity -c t --vector - -k 1 <<<"$(coolvec embed -c t "story 1 1234")"
	[[ $output == 1233$'\t'* ]]
}

@test "a service that fails leaves the old vectors in place; run again it goes on and asks for the rest" {
	plan "daily 1500"
	run --separate-stderr coolvec reindex -c t --embedder gemini
	[ "$status" -eq 7 ]
	[[ $stderr == *"daily quota"* ]]
	[ "$(coolvec collection show t --json | jq -r .embedder.provider)" = local ]
	coolvec search -c t "story 2 77" -k 1
	embedded >"$BATS_TEST_TMPDIR/embedded"
	plan ok
	coolvec reindex -c t --embedder gemini
	embedded >>"$BATS_TEST_TMPDIR/embedded"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/embedded")" -eq 2500 ]
	[ "$(sort -u "$BATS_TEST_TMPDIR/embedded" | wc -l)" -eq 2500 ]
	[ "$(coolvec collection show t --json | jq -r .embedder.provider)" = gemini ]
}

@test "texts that come while the service is slow are in the new generation too" {
	plan "slow 0.1"
	coolvec reindex -c t --embedder gemini 3>&- &
	reindex=$!
	until [ -s "$asked" ]; do :; done
	for i in $(seq 20); do coolvec add -c t "newcomer $i" >/dev/null; done
	wait "$reindex"
	[ "$(coolvec count -c t)" -eq 2520 ]
	[ "$(embedded | grep -c newcomer)" -ge 20 ]
	[ "$(coolvec verify -c t --json | jq .nbad)" -eq 0 ]
}

@test "the daemon stops while a reindex waits for the service, and goes on with it at the next start" {
	local start
	plan "slow 30"
	coolvec reindex -c t --embedder gemini 3>&- &
	reindex=$!
	sleep 0.5
	start=$(date +%s%N)
	daemon_stop
	[ $((($(date +%s%N) - start) / 1000000)) -lt 4000 ]
	wait "$reindex" || true
	plan ok
	gemini
	coolvec reindex -c t --embedder gemini
	[ "$(coolvec collection show t --json | jq -r .embedder.provider)" = gemini ]
}
