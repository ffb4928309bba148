# full.bats - a disk of 16 MiB that fills up, and has room again.

load ../cli/wire

setup() {
	place
	[ "$(id -u)" -eq 0 ] || skip "a small file system takes root to mount"
	mkdir -p "$dir/disk"
	mount -t tmpfs -o size=16m none "$dir/disk" 2>/dev/null || skip "nothing can be mounted here"
	data=$dir/disk/data
}

teardown() {
	cleanup
	umount -l "$dir/disk" 2>/dev/null || true
}

# 200 vectors of 1,000 components, the first of them $1.
batch() {
	jq -nc --argjson n "$1" '{items: [range(200) as $i | {text: "text \($n + $i)",
		vector: [range(1000) | (. * 7 + $n + $i) % 13 + 1]}]}'
}

@test "a full disk: no_space, nothing lost, and adding goes on when there is room again" {
	local n=0 added=0 answer
	dd if=/dev/zero of="$dir/disk/filler" bs=1M count=6 status=none
	serve
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":1000}'
	works prefs '{"collection":"c"}'
	for n in $(seq 0 200 6000); do
		answer=$(batch "$n" | jq -c --arg t "$token" '{op: "add", token: $t, args: .}' | wire)
		[ "$(jq .ok <<<"$answer")" = true ] || break
		added=$((added + 200))
	done
	jq -e '.error.name == "no_space" and (.error.message | length > 0)' <<<"$answer"
	[ "$added" -ge 200 ]
	works count | jq -e ".count == $added"
	works stats | jq -e '.read_only == false'
	works similarity "$(batch 0 | jq -c '{vector: .items[3].vector, k: 1}')" | jq -e '.results[0].id == 3'
	rm "$dir/disk/filler"
	answer=$(batch 9000 | jq -c --arg t "$token" '{op: "add", token: $t, args: .}' | wire)
	jq -e '.ok' <<<"$answer"
	works verify | jq -e ".nbad == 0 and .checked == $((added + 200)) and .index == \"ok\""
	stop
	serve
	works verify | jq -e ".nbad == 0 and .checked == $((added + 200))"
	stop
}

# Leave $1 KiB free, as far as that goes.
leave() {
	local free
	rm -f "$dir/disk/filler"
	free=$(stat -f -c '%a * %S / 1024' "$dir/disk")
	free=$((free - $1))
	[ $free -le 0 ] || fallocate -l ${free}K "$dir/disk/filler"
}

# One of each change, a line each, for round $1.  Sizes are such that each needs room for something.
changes() {
	jq -nc --arg token "$token" --argjson n "$1" '[range(1000) | (. * 7 + $n) % 13 + 1] as $x |
		[range(100000) | "x"] | add as $long |
		({op: "add", args: {collection: "c", text: "added \($n)", vector: $x, key: "k\($n)", request_id: "r\($n)"}},
		{op: "add", args: {collection: "c", items: [range(100) | {text: "\($n) \(.) \($long[0:2000])", vector: $x}]}},
		{op: "update", args: {collection: "c", id: 0, text: "round \($n)", vector: $x}},
		{op: "update", args: {collection: "c", id: 1, meta: {round: $n, long: $long[0:30000]}}},
		{op: "delete", args: {collection: "c", keys: ["k\($n)"]}},
		{op: "collection_create", args: {name: "n\($n)", embedder: "none", dim: 1000}},
		{op: "add", args: {collection: "n\($n)", vector: $x}},
		{op: "collection_drop", args: {name: "n\($n)"}},
		{op: "prefs", args: {metric: (if $n % 2 == 0 then "l2" else "cosine" end)}},
		{op: "compact", args: {collection: "c"}},
		{op: "similarity", args: {collection: "c", vector: $x, k: 1}}) | .token = $token'
}

@test "full to the brim at every step: done, or no_space and nothing; all of it works when there is room, without a restart" {
	local n=0 free refused=0 answers
	serve COOLVEC_COMPACT_PERCENT=0
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":1000,"metric":"l2"}' >/dev/null
	works add '{"collection":"c","items":[{"text":"a","vector":'"$(jq -nc '[range(1000)]')"'},{"text":"b","vector":'"$(jq -nc '[range(1; 1001)]')"'}]}'
	for free in 0 4 8 16 32 64 128 256 512 1024; do
		n=$((n + 1))
		changes $n >"$dir/changes"
		leave "$free"
		before=$(works list '{"collection":"c","limit":2}')
		answers=$(wire <"$dir/changes")
		# what was not done is not there: the key and the text are those of before or of now
		jq -se 'length == 11 and all(.ok or (.error.name | IN("no_space", "not_found", "exists")))' <<<"$answers" ||
			{ echo "$free KiB: $(jq -c '[.ok, .error]' <<<"$answers")"; return 1; }
		refused=$((refused + $(jq -s 'map(select(.error.name == "no_space")) | length' <<<"$answers")))
		jq -se 'last.ok' <<<"$answers"		# searches go on
		if [ "$(jq -s '.[2].ok' <<<"$answers")" = true ]; then
			works get '{"collection":"c","ids":[0]}' | jq -e ".items[0].text == \"round $n\""
		else
			works get '{"collection":"c","ids":[0]}' | jq -e --argjson b "$before" '.items[0].text == $b.items[0].text'
		fi
		works verify '{"collection":"c"}' | jq -e '.nbad == 0 and .index == "ok"'
		rm -f "$dir/disk/filler"
		works list '{"collection":"c","limit":10000}' | jq -c '[.items[].id | select(. > 1)]' >"$dir/ids"
		works delete "{\"collection\":\"c\",\"ids\":$(sed 's/^\[\]$/[999999]/' "$dir/ids")}" >/dev/null
		works compact '{"collection":"c"}' >/dev/null
	done
	echo "$refused refused"
	[ "$refused" -ge 30 ]
	n=100
	changes $n | wire | jq -se 'all(.ok)'
	works stats '{"collection":"c"}' | jq -e '.read_only | not'
	stop
	serve
	works verify '{"collection":"c"}' | jq -e '.nbad == 0'
	works get '{"collection":"c","ids":[0,1]}' | jq -e '.items[0].text == "round 100" and .items[1].meta.round == 100'
	stop
}
