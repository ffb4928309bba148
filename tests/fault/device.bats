# device.bats - a disk that fails in earnest: a thin image in a tmpfs that has no room for what it promised.
#
# Writing goes into the page cache and succeeds; only the fdatasync hears of the failure.  The loop device
# takes a request that went in by half for a whole one, so its requests are made a page long.

load ../cli/wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$dir/s log=$dir/log
	[ "$(id -u)" -eq 0 ] || skip "a disk that fails takes root to make"
	mkdir "$dir/thin" "$dir/disk"
	mount -t tmpfs -o size=8m none "$dir/thin" 2>/dev/null || skip "nothing can be mounted here"
	truncate -s 64M "$dir/thin/image"
	device=$(losetup --find --show "$dir/thin/image" 2>/dev/null) || skip "there is no loop device"
	requests=/sys/block/${device#/dev/}/queue/max_sectors_kb
	was=$(cat "$requests")
	echo 4 >"$requests"
	mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 "$device" 2>/dev/null ||
		skip "mkfs.ext4 does not work"
	mount -t ext4 "$device" "$dir/disk" 2>/dev/null || skip "ext4 cannot be mounted"
	data=$dir/disk/data
}

teardown() {
	cleanup
	umount -l "$dir/disk" 2>/dev/null || true
	[ -z "${was-}" ] || echo "$was" >"$requests"
	[ -z "${device-}" ] || losetup -d "$device" || true
	umount -l "$dir/thin" 2>/dev/null || true
}

# 100 items, the first of them number $1.
batch() {
	jq -nc --arg token "$token" --argjson n "$1" '{op: "add", token: $token, args: {collection: "c", items: [
		range(100) as $i | {text: "text \($n + $i)", vector: [range(1000) | (. * 7 + $n + $i) % 13 + 1]}]}}'
}

@test "an fdatasync that fails: no false success, read-only from then on, in stats and the log; what was said stays true" {
	local n acknowledged=0 answer
	serve
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":1000}' >/dev/null
	works collection_create '{"name":"other","embedder":"none","dim":2}' >/dev/null
	for n in $(seq 0 100 20000); do
		answer=$(batch "$n" | wire)
		[ "$(jq .ok <<<"$answer")" = true ] || break
		acknowledged=$((n + 100))
	done
	echo "acknowledged $acknowledged, then $answer"
	[ "$(jq -r .error.name <<<"$answer")" = read_only ]
	[ "$acknowledged" -ge 100 ]
	# never again, whether or not there is room by now
	mount -o remount,size=200m "$dir/thin"
	batch 90000 | wire | jq -e '.error.name == "read_only"'
	grep -q 'error: collection 1 is read-only from now on: cannot sync .*vectors.bin: ' "$log"
	works stats '{"collection":"c"}' | jq -e ".read_only and .live == $acknowledged"
	works count '{"collection":"c"}' | jq -e ".count == $acknowledged"
	works delete '{"collection":"c","ids":[1]}' | jq -e '.deleted == [1]'
	works similarity "$(batch 0 | jq -c '{collection: "c", vector: .args.items[3].vector, k: 1, exact: true}')" |
		jq -e '.results[0].id == 3'
	works add '{"collection":"other","vector":[1,2]}' | jq -e '.id == 0'
	stop
	# what is on the disk, and not in memory
	umount "$dir/disk"
	mount -t ext4 "$device" "$dir/disk"
	serve
	works stats '{"collection":"c"}' | jq -e '.read_only | not'
	works verify '{"collection":"c"}' | jq -e ".nbad == 0 and .checked == $acknowledged - 1"
	batch "$acknowledged" | wire | jq -e .ok
	stop
}
