#!/usr/bin/env bats
# postgres_builds.bats - generations with the metadata in PostgreSQL: killed, moved, and cut off.

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
	export COOLVEC_COMPACT_PERCENT=0
	daemon=
	proxy_start
}

teardown() {
	[ -z "${daemon:-}" ] || kill "$daemon" || true
	proxy_stop
}

# soon COMMAND...: try until it succeeds, at most 60 seconds (or $patience); for what happens by itself.
soon() {
	local patience=${patience:-60} end
	end=$((SECONDS + patience))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not within $patience s: $*" >&2; return 1; }
		sleep 0.02
	done
}

# is FILTER: the statistics of t are so.
is() {
	coolvec stats -c t --json | jq -e "$1" >/dev/null
}

# texts N: add that many to t, each unlike the others, and delete every third.
texts() {
	seq "$1" | awk '{ printf "text %d of a thing called %x in town %d\n", $1, $1 * 7919 % 65521, $1 % 97 }' |
		coolvec add -c t - >/dev/null
	seq 0 3 $(($1 - 1)) | coolvec delete -c t - >/dev/null
}

kill_it() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || true
}

folder() {
	echo "$place/data/collections/$(server psql -c "SELECT number FROM coolvec.collections WHERE name = 't'")"
}

# All is there as it was: what list said is in the file before.
whole() {
	coolvec list -c t | diff before -
	coolvec verify -c t >/dev/null
	[ "$(coolvec search -c t "$(coolvec get -c t 7 | cut -f2)" -k 1 --exact | cut -f1)" = 7 ]
	[ "$(cd "$(folder)" && ls -d generation-* 2>/dev/null)" = "" ]
}

@test "it is compacted and reindexed, killed in both, and goes on" {
	daemon_start
	log_in
	fresh --dim 64
	texts 12000
	coolvec list -c t >before
	coolvec compact -c t --no-wait >/dev/null
	soon eval '[ -s "$(folder)/generation-1/vectors.bin" ] || is ".generation == 1"'
	kill_it
	daemon_start
	soon is '.generation == 1 and .build == null and .slots == 8000 and .live == 8000'
	whole
	coolvec reindex -c t --dim 256 --no-wait >/dev/null
	soon is '.build.done > 1000'
	kill_it
	daemon_start
	soon is '.generation == 2 and .build == null and .live == 8000 and .collection.dim == 256'
	whole
	[ "$(server psql -c "SELECT count(*), min(generation) FROM coolvec.slots")" = '8000|2' ]
	[ "$(server psql -c "SELECT count(*) FROM coolvec.builds")" = 0 ]
	coolvec collection drop t --yes
	[ "$(server psql -c "SELECT count(*) FROM coolvec.slots")" = 0 ]
}

@test "a build that was interrupted moves with the metadata, both ways, and goes on there" {
	uri=$DB_URI
	unset DB_URI
	daemon_start
	log_in
	fresh --dim 64
	texts 9000
	coolvec list -c t >before
	coolvec reindex -c t --dim 512 --no-wait >/dev/null
	soon is '.build.done > 1000'
	kill_it
	"$build/coolvecd" --env /dev/null --data "$place/data" --move-metadata sqlite "$uri"
	[ "$(server psql -c "SELECT count(*) FROM coolvec.builds")" = 1 ]
	[ "$(server psql -c "SELECT count(*) > 1000 FROM coolvec.slots WHERE generation = 1")" = t ]
	export DB_URI=$uri
	daemon_start
	soon is '.generation == 1 and .build == null and .collection.dim == 512'
	is '.live == 6000 and .slots < 7100'
	whole
	coolvec reindex -c t --dim 768 --no-wait >/dev/null
	soon is '.build.done > 1000'
	kill_it
	number=$(basename "$(folder)")
	"$build/coolvecd" --env /dev/null --data "$place/data" --move-metadata "$uri" sqlite
	unset DB_URI
	daemon_start
	soon is '.generation == 2 and .build == null and .collection.dim == 768'
	is '.live == 6000 and .slots < 7100'
	coolvec list -c t | diff before -
	coolvec verify -c t
	[ ! -e "$place/data/collections/$number/generation-2" ]
}

@test "a snapshot during a build is whole without PostgreSQL" {
	daemon_start
	log_in
	fresh --dim 64
	texts 9000
	coolvec list -c t >before
	coolvec reindex -c t --dim 512 --no-wait >/dev/null
	soon is '.build.done > 1000'
	coolvec snapshot snap
	kill_it
	unset DB_URI
	mv "$place/data" "$place/old"
	"$build/coolvecd" --env /dev/null --data "$place/data" --restore snap
	daemon_start
	coolvec login ada --password-file "$place/password"
	coolvec list -c t | diff before -
	soon is '.build == null and .live == 6000'
	coolvec verify -c t
}

# lost HOW: the commit of a switch goes astray; neither generation's files are touched before it is known.
lost() {
	daemon_start
	log_in
	fresh --dim 64
	texts 900
	coolvec list -c t >before
	old=$(stat -c %i "$(folder)/vectors.bin")
	proxy "$1"
	run -1 coolvec compact -c t
	[[ $output == *"may have happened or not"* ]]
	proxy_happened
	run -5 coolvec search -c t "text 8"
	run -5 coolvec add -c t "not now"
	[ "$(stat -c %i "$(folder)/vectors.bin")" = "$old" ]
	[ -s "$(folder)/generation-1/vectors.bin" ]
	proxy pass
	wait_database
	soon is '.generation == 1 and .build == null and .slots == 600 and .live == 600'
	soon eval '[ ! -e "$(folder)/generation-1" ]'
	whole
	soon eval '[ "$(server psql -c "SELECT count(*), min(generation) FROM coolvec.slots")" = "600|1" ]'
	[ "$(coolvec add -c t "and on")" = 900 ]
	daemon_stop
	daemon_start
	[ "$(coolvec search -c t "and on" -k 1 | cut -f 1)" = 900 ]
	coolvec verify -c t
}

@test "a switch whose commit was answered into the void has happened, and its files follow" {
	lost lose-switch-answer
}

@test "a switch whose commit never arrived has not happened, and is made when the database is back" {
	lost lose-switch-commit
}

@test "killed before it was known what became of a switch, the start finds out" {
	for how in answer commit; do
		daemon_start
		[ "$how" = commit ] || log_in
		fresh --dim 64
		texts 900
		coolvec list -c t >before
		proxy "lose-switch-$how"
		run -1 coolvec compact -c t
		proxy_happened
		kill_it
		proxy pass
		daemon_start
		soon is '.generation == 1 and .build == null and .slots == 600'
		whole
		daemon_stop
	done
}

@test "a database that goes away ends no build for good" {
	daemon_start
	log_in
	fresh --dim 64
	texts 9000
	coolvec list -c t >before
	coolvec reindex -c t --dim 512 --no-wait >/dev/null
	soon is '.build.done > 1000'
	proxy cut
	soon grep -q "reindexing ended early" "$place/log"
	proxy pass
	wait_database
	soon is '.generation == 1 and .build == null and .live == 6000'
	whole
	# and one that is back before anybody has noticed
	coolvec reindex -c t --dim 64 --no-wait >/dev/null
	soon is '.build.done > 1000'
	server psql -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'coolvecd'" >/dev/null
	soon is '.generation == 2 and .build == null and .live == 6000'
	whole
}
