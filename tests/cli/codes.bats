#!/usr/bin/env bats
# codes.bats - what the graph goes by is the collection's, through all that becomes of it.

load wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$BATS_TEST_TMPDIR/s data=$BATS_TEST_TMPDIR/data log=$BATS_TEST_TMPDIR/log
	export COOLVEC_SNAPSHOT_DIRS=$dir
	serve COOLVEC_COMPACT_PERCENT=0
	token=$(account ada)
}

teardown() {
	cleanup
}

# is FILTER: of the stats of t.
is() {
	works stats '{"collection":"t"}' | jq -e "$1"
}

# small_still: as it was made, and the graph is so; what it finds is right.
small_still() {
	soon is '.tail == 0'
	is '.collection.codes == "small" and .codes == "small" and .collection.M == 16'
	works collection_show '{"name":"t"}' | jq -e '.codes == "small"'
	works similarity '{"collection":"t","id":700,"k":1}' | jq -e '.results | length == 1'
	works verify '{"collection":"t"}' | jq -e '.nbad == 0 and .index == "ok"'
}

@test "codes: fast up to 256 components, small above and with M 16; none under l1 and in few dimensions" {
	works collection_create '{"name":"f","embedder":"none","dim":64}' | jq -e '.codes == "fast" and .M == 32'
	works collection_create '{"name":"g","embedder":"none","dim":257}' | jq -e '.codes == "small" and .M == 16'
	works collection_create '{"name":"h","embedder":"none","dim":257,"codes":"fast"}' | jq -e '.codes == "fast" and .M == 16'
	works collection_create '{"name":"s","embedder":"none","dim":64,"codes":"small"}' |
		jq -e '.codes == "small" and .M == 16'
	works collection_create '{"name":"m","embedder":"none","dim":64,"codes":"small","M":48}' | jq -e '.M == 48'
	works stats '{"collection":"f"}' | jq -e '.codes == "fast"'
	works stats '{"collection":"s"}' | jq -e '.codes == "small"'
	works collection_create '{"name":"l","embedder":"none","dim":64,"metric":"l1","codes":"small"}'
	works stats '{"collection":"l"}' | jq -e '.codes == "none" and .collection.codes == "small"'
	works collection_create '{"name":"d","embedder":"none","dim":16}'
	works stats '{"collection":"d"}' | jq -e '.codes == "none"'
	same "codes is not fast or small" "$(fails bad_request collection_create '{"name":"x","codes":"none"}')"
	same '{"metric":"cosine","codes":"small"}' "$(works collection_show '{}' | jq -c '{metric, codes}')"
	stop
}

@test "codes stay through restart, a lost index, compaction, reindex and restore" {
	works collection_create '{"name":"t","dim":64,"codes":"small"}'
	jq -nc --arg token "$token" '{op: "add", token: $token, args: {collection: "t",
		items: [range(900) | {text: "text number \(.) of so many"}]}}' | wire | jq -e .ok
	number=$(works collection_show '{"name":"t"}' | jq .number)
	small_still
	stop
	[ -f "$data/collections/$number/hnsw.index" ]
	serve COOLVEC_COMPACT_PERCENT=0
	is '.index_note == "" and .indexed == 900'	# it was read, not built anew
	small_still
	stop
	rm "$data/collections/$number/hnsw.index"
	serve COOLVEC_COMPACT_PERCENT=0
	small_still
	works delete "{\"collection\":\"t\",\"ids\":$(seq -s, 0 2 500 | sed 's/.*/[&]/')}"
	works compact '{"collection":"t"}' | jq -e '.changed and .collection.codes == "small"'
	small_still
	works reindex '{"collection":"t","dim":128}' | jq -e '.changed and .collection.codes == "small"'
	small_still
	is '.generation == 2 and .collection.dim == 128'
	works snapshot "{\"path\":\"$dir/snap\"}"
	stop
	data=$dir/restored
	"$build/coolvecd" --env /dev/null --data "$data" --restore "$dir/snap"
	serve COOLVEC_COMPACT_PERCENT=0
	token=$(login ada)
	small_still
	stop
}

@test "small codes take less memory than fast ones with as many links" {
	for codes in fast small; do
		works collection_create "{\"name\":\"$codes\",\"embedder\":\"none\",\"dim\":512,\"M\":16,\"codes\":\"$codes\"}"
		jq -nc --arg token "$token" --arg c $codes '{op: "add", token: $token, args: {collection: $c,
			items: [range(400) as $i | {vector: [range(512) | (. * $i % 97) + 1]}]}}' | wire | jq -e .ok
	done
	fast=$(works stats '{"collection":"fast"}' | jq .graph_bytes)
	small=$(works stats '{"collection":"small"}' | jq .graph_bytes)
	[ "$small" -lt "$fast" ]
	stop
}
