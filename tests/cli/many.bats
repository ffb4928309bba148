# many.bats - more collections than may be open.

load wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR
	export sock=$dir/s data=$dir/data log=$dir/log
	export COOLVEC_SNAPSHOT_DIRS=$dir
}

teardown() {
	cleanup
}

# Request lines: lines OP ARGS COLLECTION...; each # in ARGS is the collection's number.
lines() {
	local op=$1 args=$2 n
	shift 2
	for n; do
		printf '{"op":"%s","token":"%s","args":%s}\n' "$op" "$token" "${args//#/$n}"
	done
}

# All requests of standard input are answered well.
all_work() {
	wire "$@" >"$BATS_TEST_TMPDIR/answers.$BASHPID"
	run -1 grep -v '"ok":true' "$BATS_TEST_TMPDIR/answers.$BASHPID"
}

# The folders and the maps of collections that the daemon has; the most at one moment into the files dirs
# and maps.  It is stopped meanwhile: a list of what comes and goes would hold more than there ever was.
watch_daemon() {
	local dirs=0 maps=0 n
	while [ ! -e "$dir/enough" ]; do
		kill -STOP "$daemon"
		n=$(find "/proc/$daemon/fd" -lname '*/collections/*' -printf '%l\n' | sort -u | grep -vc '\.[a-z]*$') || true
		[ "$n" -le "$dirs" ] || dirs=$n
		n=$(grep -c 'collections/.*/vectors.bin' "/proc/$daemon/maps") || true
		[ "$n" -le "$maps" ] || maps=$n
		kill -CONT "$daemon"
		sleep 0.01
	done
	echo "$dirs" >"$dir/dirs"
	echo "$maps" >"$dir/maps"
}

# One of four clients, with ten collections of its own: 5 rounds of adding, searching, deleting.
client() {
	local mine=() n round
	for n in {1..10}; do mine+=($((10 * $1 + n))); done
	for round in {1..5}; do
		lines add '{"collection":"c#","items":[{"text":"red #","key":"'"r$round"'"},{"text":"blue #"},{"text":"gone #"}]}' "${mine[@]}"
		lines similarity '{"collection":"c#","text":"red #","k":3}' "${mine[@]}"
		lines delete '{"collection":"c#","id":'$((3 * round - 1))'}' "${mine[@]}"
	done | all_work
}

# Compactions and reindexings of all collections, one after another.
builder() {
	{
		lines compact '{"collection":"c#"}' {1..40}
		lines reindex '{"collection":"c#"}' {1..40..4}
	} | all_work -t 100
}

@test "40 collections in the room of four: nothing is lost, descriptors and maps are bounded" {
	serve COOLVEC_MAX_OPEN=4 COOLVEC_INDEX_THREADS=1 COOLVEC_WORKERS=4 EMBED_DIM=64
	token=$(account ada)
	lines collection_create '{"name":"c#"}' {1..40} | all_work
	watch_daemon 3>&- &
	local watcher=$! clients=() c
	for c in 0 1 2 3; do
		client $c 3>&- &
		clients+=($!)
	done
	builder 3>&- &
	clients+=($!)
	works snapshot '{"path":"'"$dir"'/snap"}' | jq -e '.collections <= 40'
	for c in "${clients[@]}"; do wait "$c"; done
	touch "$dir/enough"
	wait $watcher
	# 4, an eighth of it, an index thread, and two that are being built
	[ "$(<"$dir/dirs")" -le 7 ]
	[ "$(<"$dir/maps")" -le 7 ]
	[ "$(<"$dir/dirs")" -ge 4 ]	# it has seen them
	[ ! -e "$data/snapshot" ]
	lines count '{"collection":"c#"}' {1..40} | wire | jq -se 'length == 40 and all(.result.count == 10)'
	lines similarity '{"collection":"c#","text":"red #","k":10}' {1..40} | wire |
		jq -se 'all([.result.results[].id] | sort == [0,1,3,4,6,7,9,10,12,13])'
	lines verify '{"collection":"c#"}' {1..40} | wire | jq -se 'all(.result.bad == [])'
	works metrics '{}' '' | jq -e '.open_collections <= 5'
	stop
	run -1 grep -E ' (error|warning): ' "$log"
	serve COOLVEC_MAX_OPEN=4
	lines count '{"collection":"c#"}' {1..40} | wire | jq -se 'length == 40 and all(.result.count == 10)'
	stop
}

@test "few descriptors: a snapshot of 300 collections is whole" {
	ulimit -n 256
	serve
	token=$(account ada)
	lines collection_create '{"name":"c#","embedder":"none","dim":2}' {1..300} | all_work
	lines add '{"collection":"c#","items":[{"vector":[#,1]},{"vector":[1,#]}]}' {1..300} | all_work
	works snapshot '{"path":"'"$dir"'/snap"}' | jq -e '.collections == 300'
	[ ! -e "$data/snapshot" ]
	lines collection_drop '{"name":"c#"}' {1..300} | all_work
	stop
	"$build/coolvecd" --env /dev/null --data "$dir/data2" --restore "$dir/snap"
	data=$dir/data2
	serve
	token=$(login ada)		# the key of tokens is not in a snapshot
	lines get '{"collection":"c#","ids":[0],"with_vector":true}' {1..300} | wire |
		jq -se 'length == 300 and ([.[].result.items[0].vector[0]] | sort == [range(1; 301)])'
	stop
}

@test "second names of files that a killed daemon left are removed at the start" {
	mkdir -p "$data/snapshot"
	touch "$data/snapshot/1.vectors.bin"
	serve
	[ ! -e "$data/snapshot" ]
	stop
}
