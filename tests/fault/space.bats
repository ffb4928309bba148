# space.bats - what a collection takes on disk while everything in it is replaced again and again.

load ../cli/wire

# Another length by COOLVEC_TEST_SPACE: how many vectors come and go in each round.
setup() {
	many=${COOLVEC_TEST_SPACE:-5000}
	place
	dir=$BATS_TEST_TMPDIR sock=$BATS_TEST_TMPDIR/s data=$BATS_TEST_TMPDIR/data log=$BATS_TEST_TMPDIR/log
	serve COOLVEC_COMPACT_BYTES=0
	token=$(account ada)
	works collection_create '{"name":"t","embedder":"none","dim":8,"metric":"l2"}' >/dev/null
	folder=$data/collections/$(stats | jq .collection.number)
}

teardown() {
	{ kill -TERM "$daemon" && wait "$daemon"; } 2>/dev/null || true
}

stats() {
	works stats '{"collection":"t"}'
}

# Lines for the daemon: vectors and ids from $1 up to $2 come or go, 5,000 at a time.
additions() {
	jq -nc --arg token "$token" --argjson from "$1" --argjson to "$2" 'range($from; $to; 5000) |
		{op: "add", token: $token, args: {collection: "t", items: [range(.; [. + 5000, $to] | min) |
		{vector: [., . * 7 % 1009, (. % 7), (. % 11), . * 13 % 997, 3, 4, 5]}]}}'
}

deletions() {
	jq -nc --arg token "$token" --argjson from "$1" --argjson to "$2" 'range($from; $to; 5000) |
		{op: "delete", token: $token, args: {collection: "t", ids: [range(.; [. + 5000, $to] | min)]}}'
}

# All that is asked is done.
done_all() {
	! wire | jq -ce 'select(.ok | not)'
}

# at_rest: nothing waits for the index threads, and less than a fifth is dead.
at_rest() {
	stats | jq -e '.build == null and .tail == 0 and .unlinking == 0 and .dead * 5 < .slots' >/dev/null
}

@test "ten rounds of adding and deleting leave the files at most 1.1 times the live size" {
	additions 0 "$many" | done_all
	for round in 1 2 3 4 5 6 7 8 9 10; do
		additions $((round * many)) $((round * many + many)) | done_all
		deletions $(((round - 1) * many)) $((round * many)) | done_all
		for _ in $(seq 6000); do
			! at_rest || break
			sleep 0.1
		done
		at_rest
	done
	stats | jq -e --argjson n "$many" '.live == $n and .generation >= 10'
	works verify '{"collection":"t"}' | jq -e '.nbad == 0'
	# what is live: its components, and what the graph needs for each by its own count
	vectors=$(stat -c %s "$folder/vectors.bin")
	echo "vectors.bin: $vectors bytes of $((many * 32)) live"
	[ "$vectors" -le $((many * 32 * 11 / 10)) ]
	# a collection that was never anything else has an index no smaller
	kill -TERM "$daemon" && wait "$daemon"
	index=$(stat -c %s "$folder/hnsw.index")
	serve COOLVEC_COMPACT_BYTES=0
	works collection_create '{"name":"new","embedder":"none","dim":8,"metric":"l2"}' >/dev/null
	additions $((10 * many)) $((11 * many)) | sed 's/"collection":"t"/"collection":"new"/' | done_all
	for _ in $(seq 6000); do
		! works stats '{"collection":"new"}' | jq -e '.tail == 0' >/dev/null || break
		sleep 0.1
	done
	new=$data/collections/$(works stats '{"collection":"new"}' | jq .collection.number)
	kill -TERM "$daemon" && wait "$daemon"
	echo "hnsw.index: $index bytes, new $(stat -c %s "$new/hnsw.index")"
	[ "$index" -le $(($(stat -c %s "$new/hnsw.index") * 11 / 10)) ]
	[ "$(find "$folder" -type f | wc -l)" -eq 2 ]
}
