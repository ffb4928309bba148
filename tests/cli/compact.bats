#!/usr/bin/env bats
# compact.bats - the space of what was deleted comes back, and nothing else changes.

load wire

# Tests stop and kill it: each has a daemon of its own.
setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$BATS_TEST_TMPDIR/s data=$BATS_TEST_TMPDIR/data log=$BATS_TEST_TMPDIR/log
	serve COOLVEC_COMPACT_PERCENT=0
	token=$(account ada)
}

teardown() {
	{ kill -TERM "$daemon" && wait "$daemon"; } 2>/dev/null || true
}

# fresh N: the collection t of N vectors of 8 components, the ids of which are their first ones.
fresh() {
	ask collection_drop '{"name":"t"}' >/dev/null
	works collection_create '{"name":"t","embedder":"none","dim":8,"metric":"l2"}' >/dev/null
	fill 0 "$1"
}

# fill FROM TO: add the vectors of these ids.
fill() {
	local from=$1 to
	for ((; from < $2; from = to)); do
		to=$((from + 5000 < $2 ? from + 5000 : $2))
		jq -nc --arg token "$token" --argjson from "$from" --argjson to "$to" '{op: "add", token: $token,
			args: {collection: "t", items: [range($from; $to) | {vector: [., 1, (. % 7), (. % 11), 2, 3, 4, 5]}]}}'
	done | wire | jq -e 'select(.ok | not)' && return 1
	return 0
}

# forget FROM TO STEP: delete these ids.
forget() {
	jq -nc --arg token "$token" --argjson from "$1" --argjson to "$2" --argjson step "${3:-1}" '[range($from; $to; $step)] |
		_nwise(5000) | {op: "delete", token: $token, args: {collection: "t", ids: .}}' | wire |
		jq -e 'select(.ok | not)' && return 1
	return 0
}

stats() {
	works stats '{"collection":"t"}'
}

bytes() {
	stat -c %s "$data/collections/$(stats | jq .collection.number)/$1"
}

vector() {
	works get "{\"collection\":\"t\",\"ids\":[$1],\"with_vector\":true}" | jq -c '.items[0].vector'
}

@test "compaction leaves ids, vectors and order, and dense files" {
	fresh 1000
	forget 0 1000 2
	before=$(works similarity '{"collection":"t","vector":[500,1,3,4,2,3,4,5],"k":20,"exact":true}')
	works compact '{"collection":"t"}' |
		jq -e '.changed and (.running | not) and .slots == 500 and .generation == 1 and .collection.count == 500'
	stats | jq -e '.slots == 500 and .live == 500 and .dead == 0 and .generation == 1 and .capacity == 500
		and .build == null and .build_note == "" and .index_note == ""'
	[ "$(bytes vectors.bin)" = $((36 + 500 * 8 * 4)) ]
	same '[7,1,0,7,2,3,4,5]' "$(vector 7)"
	same "$before" "$(works similarity '{"collection":"t","vector":[500,1,3,4,2,3,4,5],"k":20,"exact":true}')"
	same "$before" "$(works similarity '{"collection":"t","vector":[500,1,3,4,2,3,4,5],"k":20}')"
	works verify '{"collection":"t"}' | jq -e '.checked == 500 and .nbad == 0 and .index == "ok"'
	[ "$(works get '{"collection":"t","ids":[6]}' | jq -c .missing)" = '[6]' ]
	# slots are in the order of the ids that are left
	[ "$(od -An -tf4 -v -w32 -j36 "$data/collections/$(stats | jq .collection.number)/vectors.bin" |
		awk '{print $1}' | paste -sd' ')" = "$(seq -s' ' 1 2 999)" ]
}

@test "ids go on where they were, also after a restart" {
	fresh 100
	forget 90 100
	works compact '{"collection":"t"}' >/dev/null
	[ "$(works add '{"collection":"t","vector":[1,2,3,4,5,6,7,8]}' | jq .id)" = 100 ]
	stop
	serve COOLVEC_COMPACT_PERCENT=0
	[ "$(works add '{"collection":"t","vector":[1,2,3,4,5,6,7,9]}' | jq .id)" = 101 ]
	same '[1,2,3,4,5,6,7,8]' "$(vector 100)"
	stats | jq -e '.slots == 92 and .live == 92 and .generation == 1 and .index_note == ""'
	[ "$(ls "$data/collections/$(stats | jq .collection.number)")" = $'hnsw.index\nvectors.bin' ]
}

@test "where nothing is dead there is nothing to do but to cut the file" {
	fresh 10
	works compact '{"collection":"t"}' | jq -e '(.changed | not) and .generation == 0'
	[ "$(bytes vectors.bin)" = $((36 + 10 * 8 * 4)) ]
	fill 10 20
	works verify '{"collection":"t"}' | jq -e '.checked == 20 and .nbad == 0'
}

@test "what is not waited for is done all the same" {
	fresh 100
	forget 0 50
	works compact '{"collection":"t","wait":false}' | jq -e '.running and (.changed | not)'
	compacted() { stats | jq -e '.generation == 1 and .slots == 50 and .build == null'; }
	soon compacted
}

@test "a copy of a damaged vector is refused and says of which; the files stay" {
	fresh 100
	forget 0 30
	soon eval 'stats | jq -e ".tail == 0"'
	printf '\x01' | dd of="$data/collections/$(stats | jq .collection.number)/vectors.bin" bs=1 \
		seek=$((36 + 70 * 32 + 1)) conv=notrunc status=none
	[[ $(fails internal compact '{"collection":"t"}') == *"item 70 is damaged"* ]]
	stats | jq -e '.generation == 0 and .live == 70 and (.build_note | test("item 70"))'
	works verify '{"collection":"t"}' | jq -e '[.bad[].id] == [70]'
	forget 70 71
	works compact '{"collection":"t"}' | jq -e '.changed and .slots == 69'
}

@test "a drop while it is compacted ends both" {
	fresh 20000
	forget 0 10000
	works compact '{"collection":"t","wait":false}' >/dev/null
	number=$(stats | jq .collection.number)
	works collection_drop '{"name":"t"}' | jq -e '.count == 10000'
	gone() { [ ! -e "$data/collections/$number" ]; }
	soon gone
	pings
}

@test "filters that were kept mean the new slots" {
	ask collection_drop '{"name":"t"}' >/dev/null
	works collection_create '{"name":"t","embedder":"none","dim":2,"metric":"l2"}' >/dev/null
	works add "$(jq -nc '{collection: "t", items: [range(200) | {vector: [., 1], meta: {even: (. % 2 == 0)}}]}')" >/dev/null
	find_even() { works similarity '{"collection":"t","vector":[100,1],"k":3,"where":"even = true"}' | jq -c '[.results[].id]'; }
	same '[100,98,102]' "$(find_even)"
	forget 0 50
	works compact '{"collection":"t"}' >/dev/null
	same '[100,98,102]' "$(find_even)"
}

@test "by itself it is compacted when a fifth is dead, and not before" {
	stop
	serve COOLVEC_COMPACT_BYTES=0
	fresh 1000
	forget 0 190
	soon eval 'stats | jq -e ".unlinking == 0 and .tail == 0"'
	sleep 1.2	# the index threads have looked since
	stats | jq -e '.generation == 0 and .dead == 190'
	forget 190 200
	soon eval 'stats | jq -e ".generation == 1 and .slots == 800 and .dead == 0"'
	works verify '{"collection":"t"}' | jq -e '.checked == 800 and .nbad == 0'
}

@test "rounds of adding and deleting leave the files at most 1.1 times the live size" {
	fresh 5000
	for round in 1 2 3 4 5; do
		fill $((round * 5000)) $((round * 5000 + 5000))
		forget $(((round - 1) * 5000)) $((round * 5000))
		works compact '{"collection":"t"}' >/dev/null
		[ "$(bytes vectors.bin)" -le $((5000 * 32 * 11 / 10)) ]
	done
	stats | jq -e '.live == 5000 and .slots == 5000 and .generation == 5'
	# meta.db is bounded by what was in it at once: 10,000 items of this collection
	[ -n "${DB_URI:-}" ] || [ "$(stat -c %s "$data/meta.db")" -lt 3000000 ]
}

# --- what a crash leaves ---------------------------------------------------------------------------

# kill_it: at once, and start again.
kill_it() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || true
	serve COOLVEC_COMPACT_PERCENT=0
}

@test "killed while copying, it goes on at the next start" {
	fresh 30000
	forget 0 10000
	works compact '{"collection":"t","wait":false}' >/dev/null
	number=$(stats | jq .collection.number)
	soon test -s "$data/collections/$number/generation-1/vectors.bin"
	kill_it
	compacted() { stats | jq -e '.generation == 1 and .live == 20000 and .build == null'; }
	soon compacted
	works verify '{"collection":"t"}' | jq -e '.checked == 20000 and .nbad == 0 and .index == "ok"'
	[ ! -e "$data/collections/$number/generation-1" ]
	same '[10007,1,4,8,2,3,4,5]' "$(vector 10007)"
}

# The state after the switch was committed and before the renames were done: that of a folder
# in which they are undone.
@test "killed between the commit and the renames, the start does them" {
	for renamed in none index; do
		fresh 300
		number=$(stats | jq .collection.number)
		folder=$data/collections/$number
		forget 0 100
		cp "$folder/vectors.bin" "$BATS_TEST_TMPDIR/old.bin"
		works compact '{"collection":"t"}' >/dev/null
		soon eval 'stats | jq -e ".tail == 0"'
		kill -TERM "$daemon" && wait "$daemon"
		mkdir "$folder/generation-1"
		mv "$folder/vectors.bin" "$folder/generation-1/"
		[ "$renamed" = index ] || mv "$folder/hnsw.index" "$folder/generation-1/"
		mv "$BATS_TEST_TMPDIR/old.bin" "$folder/vectors.bin"
		serve COOLVEC_COMPACT_PERCENT=0
		stats | jq -e '.generation == 1 and .slots == 200 and .index_note == ""'
		works verify '{"collection":"t"}' | jq -e '.checked == 200 and .nbad == 0'
		[ "$(ls "$folder")" = $'hnsw.index\nvectors.bin' ]
	done
}

@test "a folder of a generation that nobody builds is removed at the start" {
	fresh 10
	folder=$data/collections/$(stats | jq .collection.number)
	stop
	mkdir "$folder/generation-1" "$folder/generation-7"
	cp "$folder/vectors.bin" "$folder/generation-1/"
	serve COOLVEC_COMPACT_PERCENT=0
	[ "$(ls -d "$folder"/gen* | wc -l)" = 0 ]
	works verify '{"collection":"t"}' | jq -e '.checked == 10 and .nbad == 0'
}
