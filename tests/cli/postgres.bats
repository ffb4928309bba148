#!/usr/bin/env bats
# postgres.bats - the daemon with its metadata in PostgreSQL: the same answers, moves, whose it is.

load helper
load postgres

setup_file() {
	postgres_start
}

teardown_file() {
	postgres_stop
}

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	daemon=
	proxy_start
}

teardown() {
	[ -z "${daemon:-}" ] || kill "$daemon" || true
	proxy_stop
}

# A bit of everything; what it prints is the same whatever the metadata is in.
story() {
	log_in
	coolvec add "The cat sat on the mat" "Shares fell"
	coolvec add --key k --meta '{"n":1,"lang":"en","big":9007199254740993,"x":{"y":[1]}}' "first"
	coolvec add --key k --meta '{"n":2.5,"lang":"de"}' "replaced"
	coolvec add --meta '{"n":"2","lang":null}' "odd meta"
	seq 1 300 | sed 's/.*/{"text":"line &","key":"l&","meta":{"n":&}}/' | coolvec add --jsonl - | tail -n 1
	seq 1 300 | sed 's/.*/{"text":"line &","key":"l&","meta":{"n":&}}/' | coolvec add --jsonl - | tail -n 1
	coolvec search "a cat on a mat" -k 2
	coolvec similarity 0 -k 3
	coolvec list --limit 3 --json --fields text,key,meta
	coolvec list --where 'n > 298 or lang = "de" or big = 9007199254740993'
	coolvec search line -k 2 --where 'n in (7, 8.0) and not lang like "%"'
	coolvec count --where 'exists(lang)'
	coolvec delete --where 'n >= 100' | tail -n 1
	coolvec update 1 --text "Shares rose" --meta '{"up":true}'
	coolvec get 1 2 9 --json
	coolvec delete 0 | cat
	coolvec get 0 || echo "status $?"
	coolvec collection create other --embedder none --dim 2 --metric l2 --json | jq -c '[.name,.dim]'
	echo '{"vector":[3,4]}' | coolvec add -c other --jsonl -
	coolvec collection list | cut -f 1,2,4
	coolvec collection drop other --yes
	coolvec prefs --metric l2
	coolvec distance 1 2
	coolvec count
	coolvec verify | head -n 2
}

@test "every answer is what it is with SQLite" {
	daemon_start
	story >with 2>&1
	daemon_stop
	daemon_start
	coolvec list --json --fields text,key,meta >with.list
	daemon_stop
	uri=$DB_URI
	unset DB_URI
	place=$BATS_TEST_TMPDIR/sqlite
	isolate
	daemon_start
	story >without 2>&1
	coolvec list --json --fields text,key,meta >without.list
	daemon_stop
	diff "$BATS_TEST_TMPDIR/home/with" without
	diff "$BATS_TEST_TMPDIR/home/with.list" without.list
	[ "$(wc -l <without)" -gt 35 ]
}

@test "the README's commands do what it says" {
	unset DB_URI
	daemon_start
	log_in
	daemon_stop
	mkdir run
	mv "$place/data" run/data
	cd run
	block() { sed -n "/^<!-- postgresql -->/,/^<!-- end of postgresql -->/p" "$root/README.md"; }
	server psql -d postgres -c "ALTER DATABASE coolvec RENAME TO away"
	export PGHOST=$pgdir PGUSER=postgres VEC_DB_PATH=./data
	status=0
	diff <(block) <("$root/tests/cli/tour.sh" postgresql <"$root/README.md") || status=$?
	server psql -d postgres -c "DROP DATABASE IF EXISTS coolvec" \
		-c "ALTER DATABASE away RENAME TO coolvec"
	[ "$status" = 0 ]
	[ "$(block | grep -c '^\$ ')" -gt 4 ]
}

@test "init makes the tables, migrate empties them, and asks" {
	run -0 "$build/coolvecd" --env /dev/null --data "$place/data" --init
	[[ $output == "$place/data: metadata schema "* ]]
	[ "$(server psql -c 'SELECT count(*) FROM coolvec.users')" = 0 ]
	[ "$(server psql -c 'SELECT max(version) FROM coolvec.migrations')" -ge 1 ]
	daemon_start
	log_in
	coolvec add "a text"
	daemon_stop
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data" --migrate </dev/null
	[[ $output == *"nothing was changed"* ]]
	[ "$(server psql -c 'SELECT count(*) FROM coolvec.items')" = 1 ]
	run -0 "$build/coolvecd" --env /dev/null --data "$place/data" --migrate --yes
	[ "$(server psql -c 'SELECT count(*) FROM coolvec.items')" = 0 ]
	[ ! -e "$place/data/collections" ]
	daemon_start
	log_in
	[ "$(coolvec add "a text")" = 0 ]
	daemon_stop
}

@test "the metadata moves to PostgreSQL and back, and the daemon goes on" {
	uri=$DB_URI
	unset DB_URI
	daemon_start
	log_in
	coolvec add --key k --meta '{"n":1}' "one" "two" 2>/dev/null || coolvec add "one" "two"
	coolvec list --json --fields text,key,meta >before
	daemon_stop
	run -0 "$build/coolvecd" --env /dev/null --data "$place/data" --move-metadata sqlite "$uri"
	[ "$output" = "$place/data: the metadata is in PostgreSQL now: set DB_URI" ]
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data" --init
	[[ $output == *"is in PostgreSQL: set DB_URI"* ]]
	export DB_URI=$uri
	daemon_start
	coolvec list --json --fields text,key,meta | diff before -
	coolvec add "three" >/dev/null
	coolvec verify
	coolvec list --json --fields text,key,meta >after
	daemon_stop
	run -0 "$build/coolvecd" --env /dev/null --data "$place/data" --move-metadata "$uri" sqlite
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data" --init
	[[ $output == *"DB_URI is set, and there is $place/data/meta.db"* ]]
	unset DB_URI
	daemon_start
	coolvec list --json --fields text,key,meta | diff after -
	[ "$(coolvec search three -k 1 | cut -f 3)" = three ]
	daemon_stop
	DB_URI=$uri run -1 "$build/coolvecd" --env /dev/null --data "$place/other" --init
	[[ $output == *"was moved away with --move-metadata"* ]]
}

@test "a snapshot is whole without PostgreSQL" {
	daemon_start
	log_in
	seq 1 500 | coolvec add - >/dev/null
	coolvec delete 7 >/dev/null
	coolvec list --json >before
	coolvec snapshot snap
	coolvec add "too late" >/dev/null
	daemon_stop
	unset DB_URI
	"$build/coolvecd" --env /dev/null --data "$place/data2" --restore snap
	mv "$place/data" "$place/old"
	mv "$place/data2" "$place/data"
	daemon_start
	coolvec login ada --password-file "$place/password"
	coolvec list --json | diff before -
	coolvec verify
	daemon_stop
}

@test "a second daemon on the database is refused while the first one lives" {
	daemon_start
	log_in
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data2" --init
	[[ $output == *"another coolvecd is using this database"* ]]
	[ "$(coolvec add "still ours")" = 0 ]
	daemon_stop
}

@test "a daemon that was killed is followed at once by another on its folder" {
	daemon_start
	log_in
	coolvec add "a text"
	kill -KILL "$daemon"
	wait "$daemon" || true
	daemon_start
	[ "$(coolvec list)" = $'0\ta text' ]
	daemon_stop
}

@test "an older copy of the database is refused, and so is the database of other files" {
	daemon_start
	log_in
	coolvec add "a text"
	daemon_stop
	server psql -c 'UPDATE coolvec.state SET epoch = epoch - 1'
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data" --init
	[[ $output == *"the database is older than the data folder"* ]]
	server psql -c "UPDATE coolvec.state SET epoch = epoch + 1, identity = 'another'"
	run -1 "$build/coolvecd" --env /dev/null --data "$place/data" --init
	[[ $output == *"belongs to another database"* ]]
}

@test "files that are older or newer than their rows are told at the start, and refused" {
	daemon_start
	log_in
	coolvec add "one"
	coolvec collection create sound >/dev/null
	daemon_stop
	cp -a "$place/data" "$place/older"
	daemon_start
	coolvec add "two"
	seq 1 20000 | coolvec add - >/dev/null
	coolvec add -c sound "fine" >/dev/null
	daemon_stop
	mv "$place/data/collections/1" "$place/newer"
	cp -a "$place/older/collections/1" "$place/data/collections/1"
	daemon_start
	grep -q "collection 1 cannot be used: .* is too short" "$place/log"
	run coolvec search one
	[ "$status" != 0 ]
	[ "$(coolvec search -c sound fine -k 1 | cut -f 3)" = fine ]
	daemon_stop
	rm -r "$place/data/collections/1"
	mv "$place/newer" "$place/data/collections/1"
	server psql -c "DELETE FROM coolvec.items WHERE collection = 1 AND id > 0" \
		-c "UPDATE coolvec.collections SET next_slot = 1, next_id = 1, count = 1 WHERE number = 1"
	daemon_start
	grep -q "collection 1 cannot be used: .* the metadata knows of 1" "$place/log"
	run coolvec search one
	[ "$status" != 0 ]
	daemon_stop
}

@test "no word of the password reaches the log" {
	export DB_URI="postgresql://postgres:sesame@/coolvec?host=$proxydir"
	daemon_start
	log_in
	proxy cut
	run -5 coolvec add text
	proxy pass
	wait_database
	daemon_stop
	DB_URI="postgresql://postgres:sesame@/coolvec?host=/nowhere" \
		run -1 "$build/coolvecd" --env /dev/null --data "$place/data"
	[[ $output != *sesame* ]]
	[ "$(grep -c sesame "$place/log")" = 0 ]
}
