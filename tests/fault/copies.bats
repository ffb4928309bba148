# copies.bats - folders put together from copies of different moments, or of different collections.

load ../cli/wire

setup() {
	place
	[ -z "${DB_URI:-}" ] || skip "the metadata are a file here"
	dir=$BATS_TEST_TMPDIR sock=$dir/s data=$dir/data log=$dir/log
	serve
	token=$(account ada)
	for name in a b; do
		works collection_create "{\"name\":\"$name\",\"embedder\":\"none\",\"dim\":16,\"metric\":\"l2\"}" >/dev/null
		fill $name 0 200
	done
}

teardown() {
	cleanup
}

# The vector of item $2 of collection $1.
vector() {
	jq -nc --argjson i "$2" --argjson c "$(printf '%d' "'$1")" '[range(16) | (. * 7 + $i * 13 + $c) % 101 + $i / 100]'
}

# Items $2 up to $3 into collection $1.
fill() {
	jq -nc --arg t "$token" --arg c "$1" --argjson from "$2" --argjson to "$3" --argjson l "$(printf '%d' "'$1")" \
		'{op: "add", token: $t, args: {collection: $c, items: [range($from; $to) as $i |
		{text: "\($c) \($i)", vector: [range(16) | (. * 7 + $i * 13 + $l) % 101 + $i / 100]}]}}' |
		wire | jq -e .ok >/dev/null
}

# The nearest to the vector of item $2 of collection $1: its id, or nothing.
nearest() {
	works similarity "{\"collection\":\"$1\",\"vector\":$(vector "$1" "$2"),\"k\":1}" | jq -c '[.results[].id]'
}

file() {
	echo "$data/collections/$1"
}

swap() {
	mv "$1" "$dir/swapped"
	mv "$2" "$1"
	mv "$dir/swapped" "$2"
}

@test "vectors.bin of two collections swapped: found out when they are opened, and nothing is found by wrong vectors" {
	stop
	swap "$(file 1)/vectors.bin" "$(file 2)/vectors.bin"
	serve
	[ "$(nearest a 7)" = "[]" ]
	[ "$(nearest b 199)" = "[]" ]
	grep -q 'error: collection 1: 200 vectors are not what their rows say' "$log"
	grep -q 'error: collection 2: 200 vectors are not what their rows say' "$log"
	works verify '{"collection":"a"}' | jq -e '.nbad == 200'
	stop
	swap "$(file 1)/vectors.bin" "$(file 2)/vectors.bin"
	serve
	[ "$(nearest a 7)" = "[7]" ]
	[ "$(nearest b 199)" = "[199]" ]
	stop
}

@test "the folders of two collections swapped: the same" {
	stop
	swap "$(file 1)" "$(file 2)"
	serve
	[ "$(nearest a 7)" = "[]" ]
	[ "$(nearest b 199)" = "[]" ]
	grep -q 'warning: collection 1: the graph is built anew: hnsw.index was not used: it belongs to other vectors' "$log"
	grep -q 'error: collection 1: 200 vectors are not what their rows say' "$log"
	stop
}

@test "hnsw.index of two collections swapped: both are built anew" {
	stop
	swap "$(file 1)/hnsw.index" "$(file 2)/hnsw.index"
	serve
	[ "$(nearest a 7)" = "[7]" ]
	[ "$(nearest b 199)" = "[199]" ]
	[ "$(grep -c 'hnsw.index was not used: it belongs to other vectors' "$log")" -eq 2 ]
	stop
}

@test "files older than the metadata: what they lack is said, and found by nobody" {
	stop
	cp -r "$(file 1)" "$dir/older"
	serve
	fill a 200 260		# there is room in the file already
	[ "$(nearest a 259)" = "[259]" ]
	stop
	rm -r "$(file 1)"
	cp -r "$dir/older" "$(file 1)"
	serve
	[ "$(nearest a 7)" = "[7]" ]
	[ "$(nearest a 259)" != "[259]" ]
	grep -q 'error: collection 1: 60 vectors are not what their rows say' "$log"
	works verify '{"collection":"a"}' | jq -e '.nbad == 60 and .bad[0].id == 200'
	works get '{"collection":"a","ids":[259]}' | jq -e '.items[0].text == "a 259"'
	fill a 260 2000		# more than an older file has room for
	stop
	rm -r "$(file 1)"
	cp -r "$dir/older" "$(file 1)"
	serve
	grep -q 'error: collection 1 cannot be used: .* is too short .*: is it from an older copy?' "$log"
	fails bad_request similarity "{\"collection\":\"a\",\"vector\":$(vector a 7)}" | grep -q 'collection a cannot be opened'
	[ "$(nearest b 7)" = "[7]" ]
	stop
}

@test "vectors.bin older than the metadata and hnsw.index, and one of a generation before" {
	stop
	cp "$(file 1)/vectors.bin" "$dir/older"
	serve
	works delete '{"collection":"a","ids":[0,1,2,3]}' >/dev/null
	fill a 200 204
	works compact '{"collection":"a"}' >/dev/null	# 200 slots, as before
	[ "$(nearest a 150)" = "[150]" ]
	stop
	[ "$(stat -c %s "$(file 1)/vectors.bin")" -eq $((36 + 200 * 64)) ]
	cp "$dir/older" "$(file 1)/vectors.bin"
	serve
	[ "$(nearest a 150)" = "[]" ]
	grep -q 'error: collection 1: 200 vectors are not what their rows say' "$log"
	stop
}

@test "metadata older than the files: refused, with the numbers" {
	stop
	mkdir "$dir/older"
	cp "$data"/meta.db* "$dir/older"
	serve
	fill a 200 210
	works collection_create '{"name":"later","embedder":"none","dim":2}' >/dev/null
	works add '{"collection":"later","vector":[1,2]}' >/dev/null
	stop
	rm "$data"/meta.db*
	cp "$dir/older"/* "$data"
	serve
	fails internal similarity "{\"collection\":\"a\",\"vector\":$(vector a 7)}" |
		grep -q 'vectors.bin has 210 slots and the metadata knows of 200: is it from an older copy?'
	fails internal add "{\"collection\":\"a\",\"vector\":$(vector a 7)}"
	[ "$(nearest b 7)" = "[7]" ]
	ls "$data/collections"
	cat "$log"
	grep -q 'collections/3' "$log"
	stop
}

@test "every byte of a header of vectors.bin changed: the right answer, or a reason" {
	local at answer refused=0
	stop
	cp "$(file 1)/vectors.bin" "$dir/whole"
	for at in $(seq 0 35); do
		printf %b "$(printf '\\x%x' $((($(od -An -tu1 -j "$at" -N1 "$dir/whole") ^ (1 << RANDOM % 8)))))" |
			dd of="$(file 1)/vectors.bin" bs=1 seek="$at" conv=notrunc status=none
		serve
		answer=$(ask similarity "{\"collection\":\"a\",\"vector\":$(vector a 199),\"k\":1}")
		jq -e '(.ok and .result.results[0].id == 199) or (.error.message | test("collection a cannot be opened: "))' \
			<<<"$answer" || { echo "byte $at: $answer"; return 1; }
		[ "$(jq .ok <<<"$answer")" = true ] || refused=$((refused + 1))
		stop
		cp "$dir/whole" "$(file 1)/vectors.bin"
	done
	echo "$refused refused"
	[ "$refused" -ge 24 ]
	serve
	[ "$(nearest a 199)" = "[199]" ]
	stop
}
