# verify.bats - vectors that have changed on disk are found, left out, and made anew from their texts.

load embed

setup() {
	place=$BATS_TEST_TMPDIR script=$place/script asked=$place/asked
	isolate
	daemon_start
	log_in
	coolvec collection create t --dim 64 >/dev/null
	file=$place/data/collections/1/vectors.bin
}

teardown() {
	for process in $daemon $standin $others; do
		kill "$process" || true
	done
}

# Texts from $1 up to $2, one a line.
texts() {
	seq "$1" "$2" | sed 's/^/text number /'
}

# Overwrite a component of each of these slots of $file, whose vectors have $dim components.
damage() {
	local slot
	for slot; do
		printf '\x5a\xa5\x5a\x3f' | dd of="$file" bs=1 seek=$((36 + slot * ${dim:-64} * 4 + 8)) conv=notrunc status=none
	done
}

vectors() {
	coolvec get -c t --vector --json "$@" | jq -c '[.id, .vector]'
}

verdict() {
	coolvec verify -c t --json "$@" | jq -c "${verdict:-[.checked, .nbad, .unreachable, .index]}"
}

@test "a damaged vector is found out on a live daemon, left out of searches, and made anew as it was" {
	texts 0 99 | coolvec add -c t - >/dev/null
	coolvec update -c t 40 --text "quite another thing" --meta '{"n":1}' >/dev/null
	coolvec add -c t --key k "with a key" >/dev/null
	vectors 3 40 77 100 >before
	damage 3 77 100 101		# 40 is in slot 100, the key in 101
	run --separate-stderr -8 coolvec verify -c t
	[[ $stderr == *"vector 40: the vector is not the one that was stored"* ]]
	[[ $stderr == *"not all is sound: 4 bad vectors, 0 unreachable, index: ok"* ]]
	[ "$(coolvec search -c t "text number 77" -k 200 | wc -l)" -eq 97 ]
	[ "$(coolvec search -c t "quite another thing" -k 1 | cut -f1)" != 40 ]
	verdict='[.checked, .nbad, .repaired]'
	[ "$(verdict --repair)" = '[101,0,4]' ]
	[ "$(verdict --repair)" = '[101,0,0]' ]
	vectors 3 40 77 100 | cmp before -
	[ "$(coolvec search -c t "text number 77" -k 200 | wc -l)" -eq 101 ]
	[ "$(coolvec search -c t "quite another thing" -k 1 | cut -f1)" = 40 ]
	[ "$(coolvec get -c t 40 --json | jq -c .meta)" = '{"n":1}' ]
	[ "$(coolvec add -c t --key k "with a key")" = 100 ]
	daemon_stop
	daemon_start
	verdict='[.checked, .nbad]'
	[ "$(verdict)" = '[101,0]' ]
	vectors 3 40 77 100 | cmp before -
}

@test "what has no text stays bad, and hundreds of those do not hide one behind them that has" {
	jq -nc 'range(300) | {vector: [range(64) | . + 1]}' | coolvec add -c t --jsonl - >/dev/null
	texts 300 599 | coolvec add -c t - >/dev/null
	# shellcheck disable=SC2046
	damage $(seq 0 599)
	[ "$(verdict)" = '[600,600,0,"ok"]' ]
	verdict='[.checked, .nbad, .repaired, (.bad | length), .bad[299].id]'
	[ "$(verdict --repair)" = "[600,300,300,300,299]" ]
	coolvec delete -c t 0 >/dev/null
	coolvec update -c t 1 --text "a text now" >/dev/null
	[ "$(verdict --repair)" = "[599,298,0,298,null]" ]
}

@test "a collection of vectors has nothing to repair them from" {
	coolvec collection create v --embedder none --dim 2 --metric l2 >/dev/null
	printf '%s\n' '{"vector":[1,2],"text":"a text"}' '{"vector":[3,4]}' | coolvec add -c v --jsonl - >/dev/null
	file=$place/data/collections/2/vectors.bin dim=2 damage 0
	run -8 coolvec verify -c v --repair --json
	[[ $output == *'"nbad":1'*'"repaired":0'* ]]
}

@test "a full look finds each vector by a search, and reads hnsw.index on disk" {
	texts 0 499 | coolvec add -c t - >/dev/null
	verdict='[.checked, .nbad, .unfound, .saved]'
	[ "$(verdict --full)" = '[500,0,0,"ok"]' ]		# nothing is saved yet
	daemon_stop
	daemon_start
	index=$place/data/collections/1/hnsw.index
	[ "$(verdict --full)" = '[500,0,0,"ok"]' ]
	for at in 20 200 $(($(stat -c %s "$index") - 40)); do
		printf '\x5a\xa5' | dd of="$index" bs=1 seek="$at" conv=notrunc status=none
		run --separate-stderr -8 coolvec verify -c t --full
		[[ $stderr == *"hnsw.index: "* ]]
		coolvec verify -c t >/dev/null		# the graph in memory is as it was
		[ "$(verdict --full --repair)" = '[500,0,0,"ok"]' ]
		[ "$(verdict --full)" = '[500,0,0,"ok"]' ]
	done
	daemon_stop
	daemon_start
	[ "$(coolvec stats -c t --json | jq -c '[.index_note, .indexed]')" = '["",500]' ]
}

@test "a full look of many holds nobody up, ends with its client, and with the daemon" {
	jq -nc 'range(8000) as $i | {vector: [range(64) | ((. + 3) * ($i + 7) * 2654435761 % 1000003) / 1000]}' |
		coolvec add -c t --jsonl - >/dev/null
	for _ in 1 2 3 4 5 6; do
		coolvec verify -c t --full >/dev/null 2>&1 3>&- &
		others+=" $!"
	done
	[ "$(coolvec search -c t "text" -k 3 | wc -l)" -eq 3 ]
	coolvec verify -c t >/dev/null		# a short one does not wait for the long ones
	coolvec add -c t "while they look" >/dev/null
	kill -0 "${others##* }"			# the last has not had its turn
	for process in $others; do
		kill "$process"
	done
	others=
	coolvec verify -c t --full >/dev/null 2>&1 3>&- &
	others=$!
	while [ "$(coolvec stats -c t --json | jq .daemon.connections)" -lt 2 ]; do :; done
	SECONDS=0
	daemon_stop
	[ "$SECONDS" -le 3 ]
	run ! wait "$others"
	others=
}

@test "what is changed while it is repaired keeps the change" {
	texts 0 199 | coolvec add -c t - >/dev/null
	(
		for n in $(seq 0 199); do
			coolvec update -c t "$n" --text "changed $n" >/dev/null
		done
	) 3>&- &
	others=$!
	for _ in $(seq 20); do
		# shellcheck disable=SC2046
		damage $(shuf -i 0-199 -n 20)
		verdict --repair >/dev/null || true
	done
	wait "$others"
	others=
	verdict='.nbad'
	[ "$(verdict --repair)" = 0 ]
	[ "$(coolvec list -c t | cut -f1,2)" = "$(seq 0 199 | awk '{ print $1 "\tchanged " $1 }')" ]
	for n in 0 57 199; do
		[ "$(coolvec search -c t "changed $n" -k 1 --json | jq ".distance < 1e-6")" = true ]
	done
}

@test "texts of a service are embedded by it again; while it is away, that is said" {
	daemon_stop
	standin_start
	plan ok
	daemon_with EMBEDDER=openai EMBED_BASE_URL="$service/v1" EMBED_MODEL=m EMBED_CACHE_MB=0
	coolvec collection create s >/dev/null
	coolvec add -c s "one" "two" "three" >/dev/null
	file=$place/data/collections/2/vectors.bin dim=8 damage 0 2
	: >"$asked"
	[ "$(coolvec verify -c s --repair --json | jq -c '[.nbad, .repaired]')" = '[0,2]' ]
	[ "$(embedded | sort)" = "one
three" ]
	file=$place/data/collections/2/vectors.bin dim=8 damage 1
	standin_stop
	run --separate-stderr -7 coolvec verify -c s --repair
	[[ $stderr == *"cannot be reached"* ]]
}
