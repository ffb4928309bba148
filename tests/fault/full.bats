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
