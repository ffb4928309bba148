# ahead.bats - n_vecs is never ahead of what is committed, at any moment of the work.
#
# The daemon is stopped in the middle of it again and again, and both are read without coolvec: the header of
# vectors.bin, and a copy of meta.db with its log, which ends with the last commit.

load ../cli/wire

setup() {
	place
	[ -z "${DB_URI:-}" ] || skip "the metadata are a file here"
	serve COOLVEC_COMPACT_PERCENT=0
	token=$(account ada)
	works collection_create '{"name":"t","embedder":"none","dim":4}' >/dev/null
	file=$data/collections/1/vectors.bin
}

teardown() {
	[ -z "${load-}" ] || kill "$load" 2>/dev/null || true
	kill -CONT "$daemon" 2>/dev/null || true
	cleanup
}

committed() {
	rm -f "$dir"/copy.db*
	cp "$data/meta.db" "$dir/copy.db"
	[ ! -e "$data/meta.db-wal" ] || cp "$data/meta.db-wal" "$dir/copy.db-wal"
}

@test "stopped 150 times while vectors come, the file counts no more of them than are committed" {
	local looks=0 moved=0 before=0 nvecs slots
	jq -nc --arg token "$token" 'range(200000) | {op: "add", token: $token, args: {collection: "t",
		items: [{vector: [., 1, 2, 3]}, {vector: [1, ., 2, 3]}, {vector: [1, 2, ., 3]}]}}' >"$dir/load"
	wire <"$dir/load" >"$dir/answers" 2>&1 3>&- &
	load=$!
	for looks in $(seq 150); do
		sleep 0.00$((RANDOM % 10))$((RANDOM % 10))
		kill -STOP "$daemon"
		while [ "$(cut -d ' ' -f 3 "/proc/$daemon/stat")" != T ]; do :; done
		nvecs=0
		[ ! -s "$file" ] || nvecs=$(od -An -t u8 -j 12 -N 8 "$file")
		committed
		kill -CONT "$daemon"
		slots=$(sqlite3 "$dir/copy.db" 'select next_slot from collections')
		[ "$nvecs" -le "$slots" ] || { echo "look $looks: n_vecs $nvecs, committed $slots"; return 1; }
		moved=$((moved + (nvecs > before)))
		before=$nvecs
	done
	echo "moved $moved times, to $before"
	[ "$moved" -gt 100 ]	# it was at work
}
