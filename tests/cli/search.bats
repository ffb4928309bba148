# similarity, search, distance, collections, stats, verify, ping; and the pipelines they are made for.

load helper

setup_file() {
	isolate
	daemon_start
	log_in
	coolvec add "the cat sat on the mat" "a cat on a mat" "dogs bark at night" "stock prices fell"
	coolvec collection create v --embedder none --dim 2 --metric l2
	echo '[0,1] [0,2] [0,4] [3,1]' | coolvec add -c v --vector - a b c d
}

teardown_file() {
	daemon_stop
}

setup() {
	isolate
}

@test "similarity of an id: id, distance and text, nearest first, without itself" {
	[ "$(coolvec similarity -c v 0)" = $'1\t1\tb\n2\t3\tc\n3\t3\td' ]
	[ "$(coolvec similarity -c v 0 -k1)" = $'1\t1\tb' ]
	[ "$(coolvec similarity -c v 0 -k 1 --exact --ef 50)" = $'1\t1\tb' ]
}

@test "options may stand anywhere" {
	expected=$(coolvec similarity 0 -k 2)
	run -2 coolvec -k2 similarity 0
	[ "$(coolvec similarity -k2 0)" = "$expected" ]
	[ "$(coolvec similarity --k=2 0)" = "$expected" ]
	[ "$(coolvec similarity --k 2 0)" = "$expected" ]
	[ "$(coolvec -c default similarity 0 -k 2)" = "$expected" ]
	[ "$(coolvec --collection=default similarity -k 2 -- 0)" = "$expected" ]
}

@test "--json gives the wire's objects" {
	coolvec similarity -c v 0 --json | jq -se 'length == 3 and
		.[0] == {"id": 1, "distance": 1, "text": "b", "key": null, "meta": null}'
	coolvec similarity -c v 0 --json --fields vector -k 1 | jq -e '.vector == [0, 2]'
}

@test "--fields chooses the columns" {
	[ "$(coolvec similarity -c v 0 -k1 --fields vector,text)" = $'1\t1\t[0.0,2.0]\tb' ]
	run -2 coolvec similarity -c v 0 --fields id
}

@test "another metric is searched exactly" {
	[ "$(coolvec similarity -c v 0 --metric l1 -k 2)" = $'1\t1\tb\n2\t3\tc' ]
	[ "$(coolvec similarity -c v 0 --metric ip -k 1 | cut -f1,2)" = $'2\t-4' ]
	run -2 coolvec similarity -c v 0 --metric chebyshev
}

@test "similarity of vectors: a file, standard input, arrays and base64, one or several" {
	[ "$(echo '[0,1.9]' | coolvec similarity -c v --vector - -k 1 | cut -f1,3)" = $'1\tb' ]
	echo 'AAAAAAAAAEA=' >b64
	[ "$(coolvec similarity -c v --vector b64 -k 1)" = $'1\t0\tb' ]
	[ "$(printf '[0,1]\n[3,1]\n' | coolvec similarity -c v --vector - -k 1)" = \
		$'1\t0\t0\ta\n2\t3\t0\td' ]
	run -8 coolvec similarity -c v --vector <(echo '[1,2,3]')
}

@test "several ids, or -, put the id that was asked for in the first column" {
	[ "$(coolvec similarity -c v 0 2 -k 1)" = $'0\t1\t1\tb\n2\t1\t2\tb' ]
	[ "$(printf '0\n2\n' | coolvec similarity -c v - -k 1)" = $'0\t1\t1\tb\n2\t1\t2\tb' ]
	[ "$(echo 0 | coolvec similarity -c v - -k 1)" = $'0\t1\t1\tb' ]
	coolvec similarity -c v 0 2 -k 1 --json | jq -se 'map(.query) == [0, 2]'
}

@test "similarity keeps the order of many queries" {
	for i in {1..100}; do echo $((i % 4)); done >ids
	coolvec similarity -c v - -k 1 <ids | cut -f1 | cmp - ids
}

@test "an id that is not there is told: 3 alone, 6 among others" {
	run --separate-stderr -3 coolvec similarity -c v 9
	[[ $stderr == "coolvec: no vector 9"* ]]
	printf '0\n9\nx\n2\n' >ids
	run --separate-stderr -6 coolvec similarity -c v - -k 1 <ids
	[ "$output" = $'0\t1\t1\tb\n2\t1\t2\tb' ]
	[[ $stderr == *"line 2: no vector 9"* && $stderr == *"line 3: an id is a number"* ]]
}

@test "search is similarity --text" {
	[ "$(coolvec search "cat on mat" -k 2 | cut -f1 | sort)" = $'0\n1' ]
	[ "$(coolvec search "cat on mat")" = "$(coolvec similarity --text "cat on mat")" ]
	[ "$(printf 'cat\ndogs\n' | coolvec search - -k 1 | cut -f1)" = $'cat\ndogs' ]
	[ "$(coolvec search dogs -k 1 | cut -f1)" = 2 ]
	run -2 coolvec search
	run -2 coolvec similarity
	run -2 coolvec similarity 0 --text cat
}

@test "a text where nothing embeds is the wrong space, status 8" {
	run -8 coolvec search -c v "text"
}

@test "distance prints a number, --json the metric too" {
	[ "$(coolvec distance -c v 0 3 --metric l2)" = 3 ]
	[ "$(coolvec distance -c v 1 3 --metric l1)" = 4 ]
	coolvec distance -c v 0 3 --metric l2 --json | jq -e '. == {"distance": 3, "metric": "l2"}'
	run -3 coolvec distance 0 99
}

# --- pipelines ---------------------------------------------------------------------------------------

@test "add, then what is near to it" {
	run --separate-stderr -0 sh -c 'coolvec add "dogs bark" | xargs coolvec similarity -k 1'
	[[ $output == 2$'\t'*$'\t'"dogs bark at night" ]]
}

@test "search, cut, get" {
	[[ $(coolvec search "stock prices" -k 1 | cut -f1 | coolvec get -) == 3$'\t'"stock prices fell" ]]
}

@test "search --json, jq" {
	[ "$(coolvec search "stock prices" -k 1 --json | jq -r .text)" = "stock prices fell" ]
}

@test "list, grep, delete" {
	coolvec add "to be deleted: one" "to be deleted: two" >/dev/null
	coolvec list | grep 'to be deleted' | cut -f1 | coolvec delete - >deleted
	[ "$(wc -l <deleted)" = 2 ]
	run -1 sh -c 'coolvec list | grep "to be deleted"'
}

@test "embed, similarity" {
	[ "$(coolvec embed "dogs bark at night" | coolvec similarity --vector - -k 1 | cut -f1)" = 2 ]
}

# --- collections -------------------------------------------------------------------------------------

@test "a collection is made, listed, shown and dropped" {
	run -0 coolvec collection create made --embedder none --dim 7 --metric l1 -M 8 --ef-construction 50
	grep -qx $'M\t8' <<<"$output"
	coolvec collection show made --json | jq -e '.name == "made" and .dim == 7 and .metric == "l1" and
		.M == 8 and .ef_construction == 50 and .embedder == null and .count == 0'
	[ "$(coolvec collection show -c made)" = "$(coolvec collection show made)" ]
	[ "$(coolvec collection list | grep ^made)" = $'made\tl1\t7\t0\t' ]
	[ "$(coolvec collection ls | grep ^default | cut -f5)" = local ]
	coolvec collection list --json | jq -se 'map(select(.name == "made")) | length == 1'
	run -1 coolvec collection create made
	run --separate-stderr -2 coolvec collection drop made
	[[ $stderr == *"say --yes"* ]]
	coolvec collection drop made --yes --json | jq -e '. == {"name": "made", "count": 0}'
	run -3 coolvec collection show made
	run -3 coolvec collection drop made --yes
	run -3 coolvec list -c made
}

@test "a collection that cannot be is refused" {
	run -2 coolvec collection create "no spaces"
	run -2 coolvec collection create x --embedder none
	run -2 coolvec collection create x --dim 20000
	run -2 coolvec collection create x --embedder clever
}

@test "drop on a terminal wants the name typed" {
	coolvec collection create typed >/dev/null
	cat >drop.exp <<-'END'
		set timeout 20
		spawn -noecho coolvec collection drop typed
		expect "type its name: "
		send "[lindex $argv 0]\r"
		expect eof
		exit [lindex [wait] 3]
	END
	run -1 expect drop.exp y
	coolvec collection show typed >/dev/null
	run -0 expect drop.exp typed
	run -3 coolvec collection show typed
}

@test "stats has figures of the collection and the daemon" {
	coolvec stats >stats
	grep -qx $'collection.name\tdefault' stats
	grep -q $'^daemon.version\t[0-9]' stats
	coolvec stats -c v --json | jq -e '.live == 4 and .collection.dim == 2 and .daemon.uptime >= 0'
	run -3 coolvec stats -c nowhere
}

@test "verify says that all is sound" {
	[ "$(coolvec verify -c v)" = $'checked\t4\nnbad\t0\nunreachable\t0\nindex\tok' ]
	coolvec verify -c v --json | jq -e '.bad == [] and .nbad == 0'
}

@test "verify finds a vector that was changed on the disk, status 8" {
	coolvec collection create damaged --embedder none --dim 2 >/dev/null
	echo '[1,2] [3,4]' | coolvec add -c damaged --vector - >/dev/null
	number=$(coolvec collection show damaged --json | jq .number)
	printf '\177' | dd of="$BATS_FILE_TMPDIR/data/collections/$number/vectors.bin" bs=1 seek=47 \
		conv=notrunc status=none
	run --separate-stderr -8 coolvec verify -c damaged
	[[ $stderr == "coolvec: vector 1: "* ]]
	grep -qx $'nbad\t1' <<<"$output"
	run -8 coolvec verify -c damaged --json
	coolvec collection drop damaged --yes
}

@test "ping prints the version and the time it took" {
	coolvec ping >pong
	grep -q $'^version\t[0-9]' pong
	grep -qE $'^round_trip_us\t[0-9]+$' pong
	COOLVEC_TOKEN=none XDG_STATE_HOME=/nonexistent run -0 coolvec ping --json
	jq -e '.protocol == 1' <<<"$output"
}
