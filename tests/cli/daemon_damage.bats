# daemon_damage.bats - files lost, cut, changed: a graph is built anew, vectors are never made up.

load wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$dir/s data=$dir/data log=$dir/log
	unset daemon token
}

teardown() {
	cleanup
}

# A collection of 300 texts with its graph saved, in a folder at rest; $folder is its own.
at_rest() {
	serve
	token=$(account ada)
	works collection_create '{"name":"c","dim":64}'
	works collection_create '{"name":"other","embedder":"none","dim":2}'
	works add '{"collection":"other","vector":[1,2]}'
	works prefs '{"collection":"c"}'
	works add "$(jq -nc '{items: [range(300) | {text: "text number \(.)"}]}')" >/dev/null
	works similarity '{"text":"text number 7","k":300,"exact":true}' >"$dir/before"
	stop
	folder=$data/collections/1
	[ -f "$folder/hnsw.index" ] && [ -f "$folder/vectors.bin" ]
}

# Everything is found again, after a warning (unless $1 is quiet), and the graph is whole again.
rebuilt() {
	local mark
	mark=$(wc -l <"$log")
	serve
	works similarity '{"text":"text number 7","k":300}' | jq -Sc . >"$dir/after"
	cmp "$dir/before" "$dir/after"
	[ "${1-}" = quiet ] || tail -n "+$mark" "$log" | grep -q 'warning: collection 1: the graph is built anew'
	whole() { works stats | jq -e '.tail == 0 and .indexed == 300'; }
	soon whole
	works verify | jq -e '.nbad == 0 and .checked == 300 and .index == "ok"'
	stop
	serve
	works stats | jq -e '.tail == 0 and .indexed == 300 and .index_note == ""'
	stop
}

@test "a missing hnsw.index is built anew" {
	at_rest
	rm "$folder/hnsw.index"
	rebuilt quiet
}

@test "a truncated hnsw.index is built anew, with a warning" {
	local n
	at_rest
	n=$(stat -c %s "$folder/hnsw.index")
	for n in $((n - 1)) $((n / 2)) 40 1; do
		truncate -s "$n" "$folder/hnsw.index"
		rebuilt
	done
	: >"$folder/hnsw.index"
	rebuilt
}

@test "a corrupt hnsw.index is built anew, with a warning" {
	local n at
	at_rest
	n=$(stat -c %s "$folder/hnsw.index")
	for at in 0 9 60 $((n / 2)) $((n - 1)); do
		printf '\x5a\xa5' | dd of="$folder/hnsw.index" bs=1 seek="$at" conv=notrunc status=none
		rebuilt
	done
	head -c "$n" /dev/urandom >"$folder/hnsw.index"
	rebuilt
}

@test "the hnsw.index of another collection is built anew, with a warning" {
	at_rest
	cp "$data/collections/2/hnsw.index" "$folder/hnsw.index" 2>/dev/null || skip "the other graph is not saved"
	rebuilt
}

@test "vectors that hnsw.index does not cover are not lost" {
	at_rest
	cp "$folder/hnsw.index" "$dir/older"
	serve
	works add "$(jq -nc '{items: [range(50) | {text: "later text \(.)"}]}')" >/dev/null
	works delete '{"ids":[3,310]}'
	works similarity '{"text":"later text 7","k":400,"exact":true}' >"$dir/before"
	stop
	cp "$dir/older" "$folder/hnsw.index"
	serve
	works similarity '{"text":"later text 7","k":400}' >"$dir/after"
	cmp "$dir/before" "$dir/after"
	works verify | jq -e '.checked == 348 and .nbad == 0'
	stop
}

@test "a truncated or missing vectors.bin: that collection says so, the others serve, it can be dropped" {
	local n
	at_rest
	cp "$folder/vectors.bin" "$dir/whole"
	for n in 60000 100 10 0; do
		truncate -s "$n" "$folder/vectors.bin"
		serve
		grep -q 'collection 1 cannot be used' "$log"
		run -0 ask similarity '{"text":"x"}'
		jq -e '.ok == false and (.error.message | test("collection c cannot be opened"))' <<<"$output"
		[ "$(ask add '{"text":"x"}' | jq .ok)" = false ]
		works similarity '{"collection":"other","vector":[1,1]}' | jq -e '.results | length == 1'
		stop
		: >"$log"
	done
	rm "$folder/vectors.bin"
	serve
	[ "$(ask count '{"collection":"other"}' | jq .ok)" = true ]
	[ "$(ask add '{"text":"x"}' | jq .ok)" = false ]
	[ ! -e "$folder/vectors.bin" ]		# nothing is made in its place
	stop
	cp "$dir/whole" "$folder/vectors.bin"
	rebuilt quiet
	truncate -s 100 "$folder/vectors.bin"
	serve
	works collection_drop '{"name":"c"}' | jq -e '.count == 300'
	soon test ! -e "$folder"
	stop
}

@test "a changed vector is found out and left out of searches" {
	at_rest
	rm "$folder/hnsw.index"
	printf '\x00\x00\x00\x3f' | dd of="$folder/vectors.bin" bs=1 seek=$((36 + 5 * 256)) conv=notrunc status=none
	serve
	works similarity '{"text":"text number 5","k":300}' | jq -e '.results | length == 299 and all(.id != 5)'
	grep -q 'error: collection 1: 1 vectors are not what their rows say' "$log"
	works verify | jq -e '.nbad == 1 and .bad[0].id == 5 and .checked == 300'
	works update '{"id":5,"text":"text number 5"}'		# mends it
	works verify | jq -e '.nbad == 0'
	stop
}
