#!/usr/bin/env bats
# reindex.bats - texts embedded anew: the old space answers until the new one is whole.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	export COOLVEC_COMPACT_PERCENT=0
	daemon_start
	log_in
}

teardown() {
	{ kill -TERM "$daemon" && wait "$daemon"; } 2>/dev/null || true
}

kill_it() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || true
	daemon_start
}

# soon COMMAND...: try until it succeeds, at most 60 seconds (or $patience); for what happens by itself.
soon() {
	local patience=${patience:-60} end
	end=$((SECONDS + patience))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not within $patience s: $*" >&2; return 1; }
		sleep 0.02
	done
}

# is FILTER: the statistics of t are so.
is() {
	coolvec stats -c t --json | jq -e "$1" >/dev/null
}

# texts N: that many, each unlike the others.
texts() {
	seq "$1" | awk '{ printf "text %d of a thing called %x in town %d\n", $1, $1 * 7919 % 65521, $1 % 97 }'
}

@test "ids, texts, keys and metas stay, and all are found in the new space" {
	fresh --dim 64
	coolvec add -c t --key k --meta '{"n":1}' "the first one"
	texts 500 | coolvec add -c t - >/dev/null
	coolvec delete -c t 7 8 9 >/dev/null
	coolvec export -c t --format jsonl - | jq -c '[.id, .text, .key, .meta]' >before
	coolvec reindex -c t --dim 128 --json | jq -e '.changed and .collection.dim == 128 and .slots == 498'
	coolvec export -c t --format jsonl - | jq -c '[.id, .text, .key, .meta]' >after
	cmp before after
	is '.collection.embedder.dim == 128 and .live == 498 and .dead == 0 and .generation == 1 and .build == null'
	coolvec verify -c t
	[ "$(coolvec get -c t 20 --vector --json | jq '.vector | length')" = 128 ]
	[ "$(coolvec search -c t "$(coolvec get -c t 20 | cut -f2)" -k 1 --exact | cut -f1)" = 20 ]
	[ "$(coolvec add -c t "another")" = 501 ]
	[ "$(coolvec search -c t "another" -k 1 | cut -f1)" = 501 ]
}

@test "the metric can change, and what is not named stays" {
	fresh --dim 64
	texts 50 | coolvec add -c t - >/dev/null
	coolvec reindex -c t --metric l2
	is '.collection.metric == "l2" and .collection.dim == 64 and .collection.embedder.provider == "local"'
	[ "$(coolvec similarity -c t 1 -k 1 --json | jq '.distance > 0')" = true ]
}

@test "what has a vector and no text is not lost: refused when the space changes, kept when it does not" {
	fresh --dim 64
	coolvec add -c t one two >/dev/null
	seq 64 | jq -sc . | coolvec add -c t --vector - >/dev/null
	seq 2 65 | jq -sc . | coolvec add -c t --vector - >/dev/null
	run --separate-stderr -8 coolvec reindex -c t --dim 128
	[[ $stderr == *"2 items have a vector and no text to embed, the first is item 2"* ]]
	is '.generation == 0 and .build == null and (.build_note | test("item 2")) and .collection.dim == 64'
	coolvec reindex -c t
	is '.generation == 1 and .live == 4'
	[ "$(coolvec get -c t 3 --vector --json | jq -c '.vector[:3]')" = '[2,3,4]' ]
	coolvec verify -c t
}

@test "what cannot be is said at once" {
	fresh --dim 64
	run --separate-stderr ! coolvec reindex -c t --embedder nobody
	[[ $stderr == *'"nobody"'* ]]
	run --separate-stderr -2 coolvec reindex -c t --embedder none
	run --separate-stderr -2 coolvec reindex -c t --dim 3
	run --separate-stderr -2 coolvec reindex -c t --dim x
	is '.generation == 0'
}

@test "it answers and takes changes from the old space until it switches" {
	fresh --dim 192
	texts 20000 | coolvec add -c t - >/dev/null
	coolvec reindex -c t --dim 256 --no-wait --json | jq -e '.running'
	for i in $(seq 50); do
		coolvec add -c t "new text number $i" >/dev/null
		coolvec update -c t $((i * 100)) --text "changed $i, which is now $((i * i * 31))" >/dev/null
		coolvec delete -c t $((i * 100 + 1)) >/dev/null
		[ "$(coolvec search -c t "changed $i, which is now $((i * i * 31))" -k 1 --exact | cut -f1)" = $((i * 100)) ]
	done
	soon is '.generation == 1 and .build == null'
	coolvec verify -c t
	is '.live == 20000 and .collection.count == 20000 and .collection.dim == 256'
	[ "$(coolvec search -c t "changed 7, which is now 1519" -k 1 --exact | cut -f1)" = 700 ]
	[ "$(coolvec search -c t "new text number 9" -k 1 --exact | cut -f1)" = 20008 ]
	run -3 coolvec get -c t 701
}

@test "killed, it keeps what it has embedded and goes on at the next start" {
	fresh --dim 64
	texts 12000 | coolvec add -c t - >/dev/null
	number=$(coolvec stats -c t --json | jq .collection.number)
	coolvec reindex -c t --dim 256 --no-wait >/dev/null
	soon is '.build.done > 2000'
	kill_it
	folder=$place/data/collections/$number
	[ -s "$folder/generation-1/vectors.bin" ] || is '.generation == 1'
	coolvec search -c t "text 5 of a thing" -k 1	# it answers
	soon is '.generation == 1 and .build == null'
	is '.live == 12000 and .slots < 13100 and .collection.dim == 256'	# no text was embedded twice but a page
	coolvec verify -c t
	[ ! -e "$folder/generation-1" ]
}

@test "--cancel gives up what is under way, and what was interrupted" {
	fresh --dim 64
	texts 30000 | coolvec add -c t - >/dev/null
	number=$(coolvec stats -c t --json | jq .collection.number)
	coolvec reindex -c t --dim 512 --no-wait >/dev/null
	soon is '.build.done > 1000'
	coolvec reindex -c t --cancel --json | jq -e '.changed | not'
	is '.generation == 0 and .build == null and .collection.dim == 64'
	[ ! -e "$place/data/collections/$number/generation-1" ]
	coolvec verify -c t
	coolvec delete -c t 1 >/dev/null
	coolvec compact -c t --json | jq -e '.changed and .generation == 1'
}

@test "while it is reindexed a compaction waits for no one" {
	fresh --dim 64
	texts 30000 | coolvec add -c t - >/dev/null
	coolvec delete -c t 1 >/dev/null
	coolvec reindex -c t --dim 512 --no-wait >/dev/null
	soon is '.build.kind == "reindex"'
	run --separate-stderr -5 coolvec compact -c t
	[[ $stderr == *"is being reindexed"* ]]
	coolvec reindex -c t --cancel >/dev/null
}
