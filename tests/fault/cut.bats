# cut.bats - files cut short, emptied and put back under a daemon that has them open.
#
# Touching a page of a map behind the end of its file is a SIGBUS.

load ../cli/wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$dir/s data=$dir/data log=$dir/log
	serve
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":64,"metric":"l2"}' >/dev/null
	works collection_create '{"name":"other","embedder":"none","dim":64,"metric":"l2"}' >/dev/null
	# 1,000 x 64: vectors.bin has 63 pages
	for name in c other; do
		items | jq -c --arg c $name --arg t "$token" '{op: "add", token: $t, args: {collection: $c, items: .}}' |
			wire | jq -e .ok >/dev/null
	done
	file=$data/collections/1/vectors.bin
	cp "$file" "$dir/whole"
}

teardown() {
	cleanup
}

items() {
	jq -nc '[range(1000) as $i | {text: "text \($i)", vector: [range(64) | (. * 7 + $i * 13) % 101 + $i]}]'
}

query() {
	items | jq -c ".[$1].vector"
}

# search COLLECTION N: the answer to a search for the vector of item N, which is found.
search() {
	works similarity "{\"collection\":\"$1\",\"vector\":$(query "$2"),\"k\":1,\"exact\":true}"
}

others_serve() {
	search other 900 | jq -e '.results[0].id == 900'
	works get '{"collection":"other","ids":[7],"with_vector":true}' | jq -e '.items[0].vector | length == 64'
	works add '{"collection":"other","vector":'"$(query 5)"'}' | jq -e '.id >= 1000'
}

@test "vectors.bin cut short: that collection answers why, the others serve, and it serves again when it is whole" {
	local pid=$daemon n
	for n in 8192 36 0; do
		truncate -s $n "$file"
		fails internal similarity "{\"collection\":\"c\",\"vector\":$(query 900),\"k\":3}"
		fails internal get '{"collection":"c","ids":[900],"with_vector":true}' | grep -q 'collection c cannot be opened: vectors.bin'
		fails internal add "{\"collection\":\"c\",\"vector\":$(query 1)}"
		fails internal verify '{"collection":"c"}'
		others_serve
		[ "$(stat -c %s "$file")" -eq $n ]	# nobody has made it longer again
		cat "$dir/whole" >"$file"
		search c 900 | jq -e '.results[0].id == 900'
		works verify '{"collection":"c"}' | jq -e '.nbad == 0 and .checked == 1000 and .index == "ok"'
	done
	grep -q 'error: collection 1 is closed.*vectors.bin was cut short' "$log"
	works add "{\"collection\":\"c\",\"vector\":$(query 1)}" | jq -e '.id == 1000'
	[ "$daemon" = "$pid" ]
	stop
}

@test "an add finds a file that was cut short before it writes, and leaves it so" {
	local size
	size=$(stat -c %s "$file")
	truncate -s $((size - 1)) "$file"
	fails internal add "{\"collection\":\"c\",\"vector\":$(query 1)}"
	fails internal update "{\"collection\":\"c\",\"id\":3,\"vector\":$(query 1)}"
	[ "$(stat -c %s "$file")" -eq $((size - 1)) ]
	others_serve
	cat "$dir/whole" >"$file"
	works add "{\"collection\":\"c\",\"vector\":$(query 1)}" | jq -e '.id == 1000'
	works verify '{"collection":"c"}' | jq -e '.nbad == 0 and .checked == 1001'
	stop
}

@test "cut short again and again under load: right answers or failures, no wrong ones, and the daemon lives" {
	local i answers
	request similarity "{\"collection\":\"c\",\"vector\":$(query 900),\"k\":1,\"exact\":true}" >"$dir/line"
	for i in $(seq 3000); do cat "$dir/line"; done >"$dir/lines"
	wire <"$dir/lines" >"$dir/answers1" 3>&- &
	answers="$!"
	wire <"$dir/lines" >"$dir/answers2" 3>&- &
	answers+=" $!"
	for i in $(seq 40); do
		truncate -s $((RANDOM * 7)) "$file"
		sleep 0.01
		cp "$dir/whole" "$dir/again"
		mv "$dir/again" "$file"
		sleep 0.01
	done
	# shellcheck disable=SC2086
	wait $answers
	for i in 1 2; do
		jq -se 'length == 3000 and all(if .ok then .result.results[0].id == 900 else .error.name == "internal" end)' \
			"$dir/answers$i"
		jq -se 'any(.ok) and any(.ok | not)' "$dir/answers$i"
	done
	others_serve
	search c 900 | jq -e '.results[0].id == 900'
	stop
}

@test "hnsw.index cut short or gone under a daemon is written anew" {
	local index=$data/collections/1/hnsw.index
	stop
	serve
	search c 3 >/dev/null
	truncate -s 100 "$index"
	works similarity "{\"collection\":\"c\",\"vector\":$(query 900),\"k\":1}" | jq -e '.results[0].id == 900'
	works verify '{"collection":"c"}' | jq -e '.nbad == 0 and .index == "ok"'
	rm "$index"
	works add "{\"collection\":\"c\",\"vector\":$(query 1)}" >/dev/null
	stop
	[ -s "$index" ]
	serve
	search c 900 | jq -e '.results[0].id == 900'
	works stats '{"collection":"c"}' | jq -e '.indexed == 1001 and .index_note == ""'
	stop
}

@test "a SIGBUS that is not of a map of ours still ends the daemon" {
	local status=0
	kill -BUS "$daemon"
	wait "$daemon" || status=$?
	[ "$status" -eq 135 ]
}
