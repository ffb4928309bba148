#!/usr/bin/env bats
# embed_reindex.bats - a collection goes over to a service, and nobody waits for the network but it.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
	daemon_with EMBED_BASE_URL="$service/v1" EMBED_MODEL=some-model
	fresh --embedder local --dim 64
}

teardown() {
	daemon_stop
}

texts() {
	seq "$1" "$2" | sed "s/^/test $BATS_TEST_NUMBER, text number /"
}

is() {
	coolvec stats -c t --json | jq -e "$1" >/dev/null
}

@test "every text is embedded once, ids stay, and what is asked meanwhile is answered from the old space" {
	plan 'slow 1' ok
	texts 1 300 | coolvec add -c t - >/dev/null
	coolvec reindex -c t --embedder openai/some-model --dim 16 --json >result 3>&- &
	local reindex=$!
	until [ -s "$asked" ] || is '.build.kind == "reindex"'; do sleep 0.02; done
	[ "$(coolvec search -c t "test $BATS_TEST_NUMBER, text number 17" -k 1 --exact | cut -f1)" = 16 ]
	texts 301 310 | coolvec add -c t - >/dev/null
	coolvec delete -c t 5 >/dev/null
	wait $reindex
	jq -e '.changed and .collection.dim == 16 and .collection.count == 309' result
	is '.collection.embedder.provider == "openai" and .live == 309 and .build == null'
	coolvec verify -c t
	[ "$(embedded | grep -c "test $BATS_TEST_NUMBER,")" = "$(embedded | grep "test $BATS_TEST_NUMBER," | sort -u | wc -l)" ]
	[ "$(coolvec search -c t "test $BATS_TEST_NUMBER, text number 17" -k 1 --exact | cut -f1)" = 16 ]
}

@test "a service that refuses ends it with the reason, and the same again goes on where it was" {
	texts 1 2500 | coolvec add -c t - >/dev/null
	plan ok 'status 401'
	run --separate-stderr coolvec reindex -c t --embedder openai/some-model --dim 16
	[ "$status" -eq 7 ]
	is '.collection.embedder.provider == "local" and .build == null and .live == 2500'
	[ -n "$(embedded)" ]
	embedded | sort >once
	plan ok
	coolvec reindex -c t --embedder openai/some-model --dim 16 >/dev/null
	is '.collection.embedder.provider == "openai" and .live == 2500'
	[ "$(embedded | sort | comm -12 - once | wc -l)" = 0 ]
	[ "$(embedded | sort - once | uniq -d | wc -l)" = 0 ]
}

@test "killed while the service is asked, it goes on at the next start" {
	texts 1 2000 | coolvec add -c t - >/dev/null
	plan ok 'slow 2' ok
	coolvec reindex -c t --embedder openai/some-model --dim 16 >/dev/null 2>&1 3>&- &
	until [ "$(wc -l <"$asked")" -ge 1 ]; do sleep 0.02; done
	kill -KILL "$daemon"
	wait "$daemon" || true
	wait $! || true
	daemon=
	daemon_with EMBED_BASE_URL="$service/v1" EMBED_MODEL=some-model
	local end=$((SECONDS + 60))
	until is '.collection.embedder.provider == "openai" and .live == 2000 and .build == null'; do
		[ $SECONDS -lt $end ]
		sleep 0.1
	done
	coolvec verify -c t
}
