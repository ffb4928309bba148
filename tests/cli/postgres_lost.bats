#!/usr/bin/env bats
# postgres_lost.bats - a database that goes away: nothing acknowledged is lost, nothing is doubled.

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
	daemon= writers=
	proxy_start
	daemon_start
	log_in
	token=$(jq -r .access_token <<<"$(ask login '{"username":"ada","password":"a long password"}')")
}

teardown() {
	local p
	for p in ${writers:-}; do kill "$p" || true; done
	[ -z "${daemon:-}" ] || kill "$daemon" || true
	proxy_stop
}

# One request on a connection of its own; prints the result, or the error's name.
ask() {
	printf '{"op":"%s",%s"args":%s}\n' "$1" "${token:+\"token\":\"$token\",}" "$2" |
		socat -t 30 - "UNIX-CONNECT:$COOLVEC_SOCKET" | jq -c 'if .ok then .result else .error.name end'
}

@test "an add whose commit was answered into the void is unknown, and there when it is asked again" {
	coolvec add "before"
	proxy lose-answer
	[ "$(ask add '{"text":"the uncertain one","request_id":"r1"}')" = '"unknown"' ]
	proxy_happened
	[ "$(ask add '{"text":"not now"}')" = '"unavailable"' ]
	proxy pass
	wait_database
	[ "$(ask add '{"text":"the uncertain one","request_id":"r1"}' | jq .id)" = 1 ]
	[ "$(ask count '{}')" = '{"count":2}' ]
	# found, though nobody was told of it, and the next is another one
	[ "$(coolvec search "the uncertain one" -k 1)" = $'1\t0\tthe uncertain one' ]
	[ "$(coolvec add "after")" = 2 ]
	coolvec verify
	grep -q "the commit that was uncertain has happened" "$place/log"
	daemon_stop
	daemon_start
	[ "$(coolvec search "the uncertain one" -k 1)" = $'1\t0\tthe uncertain one' ]
}

@test "an add whose commit never arrived is unknown, and done when it is asked again" {
	coolvec add "before" >/dev/null
	proxy lose-commit
	[ "$(ask add '{"text":"the uncertain one","request_id":"r1"}')" = '"unknown"' ]
	proxy_happened
	proxy pass
	wait_database
	[ "$(coolvec count)" = 1 ]
	id=$(ask add '{"text":"the uncertain one","request_id":"r1"}' | jq .id)
	[ "$(coolvec list | tail -n +2)" = "$id"$'\tthe uncertain one' ]
	[ "$(coolvec search "the uncertain one" -k 1)" = "$id"$'\t0\tthe uncertain one' ]
	grep -q "the commit that was uncertain has not happened" "$place/log"
	coolvec verify
}

@test "a delete and a replacement that were uncertain and happened are seen, without a further change" {
	coolvec add --key k "old words"
	coolvec add "doomed"
	proxy lose-answer
	[ "$(ask add '{"items":[{"text":"new sentence","key":"k"}]}')" = '"unknown"' ]
	proxy_happened
	proxy pass
	wait_database
	until grep -q "has happened" "$place/log"; do :; done
	[ "$(coolvec search "new sentence" -k 1)" = $'0\t0\tnew sentence' ]
	[ "$(coolvec search "old words" -k 5 | grep -c "old words")" = 0 ]
	proxy lose-answer
	[ "$(ask delete '{"ids":[1]}')" = '"unknown"' ]
	proxy_happened
	proxy pass
	wait_database
	until [ "$(grep -c "has happened" "$place/log")" = 2 ]; do :; done
	[ "$(coolvec search doomed -k 5)" = "$(coolvec search doomed -k 1)" ]
	coolvec verify
}

@test "a collection whose drop was uncertain and happened is gone with its files" {
	coolvec collection create t >/dev/null
	coolvec add -c t "a text" >/dev/null
	number=$(coolvec collection show t --json | jq .number)
	[ -d "$place/data/collections/$number" ]
	proxy lose-answer
	[ "$(ask collection_drop '{"name":"t"}')" = '"unknown"' ]
	proxy_happened
	proxy pass
	wait_database
	until [ ! -e "$place/data/collections/$number" ]; do :; done
	run -3 coolvec list -c t
}

@test "while it is away what is cached is answered, the rest is unavailable at once" {
	coolvec add "The cat sat on the mat" "Shares fell"
	coolvec search "a cat" -k 1 >found
	coolvec whoami >who
	[ -s found ]
	proxy cut
	began=$(date +%s%N)
	run -5 coolvec add "not now"
	[[ $output == *"the database cannot be reached"* ]]
	coolvec ping >/dev/null
	coolvec search "a cat" -k 1 | diff found -
	coolvec whoami | diff who -
	run -5 coolvec list
	run -5 coolvec login ada --password-file "$place/password"
	[ $((($(date +%s%N) - began) / 1000000)) -lt 5000 ]
	proxy pass
	wait_database
	[ "$(coolvec count)" = 2 ]
	[ "$(coolvec add "now")" = 2 ]
}

@test "a silent database hangs nobody who does not ask it, and nobody for long" {
	coolvec add "one" >/dev/null
	proxy freeze
	began=$(date +%s%N)
	coolvec list >listed 2>&1 3>&- &
	listing=$!
	for _ in 1 2 3; do coolvec ping >/dev/null; done
	kill -0 $listing
	others=
	for i in 1 2 3 4; do
		coolvec list --limit "$i" >"listed$i" 2>&1 3>&- &
		others+=" $!"
	done
	status=0
	wait $listing || status=$?
	[ "$status" = 5 ]
	grep -q "cannot be reached" listed
	# those who waited behind it are told at once, and do not wait as long each
	for p in $others; do
		status=0
		wait "$p" || status=$?
		[ "$status" = 5 ]
	done
	[ $((($(date +%s%N) - began) / 1000000)) -lt 12000 ]
	began=$(date +%s%N)
	run -5 coolvec list
	[ $((($(date +%s%N) - began) / 1000000)) -lt 1000 ]
	proxy pass
	wait_database
	[ "$(coolvec list | wc -l)" = 1 ]
}

# Add texts one after the other until told to stop; note those that were acknowledged.
write_along() {
	local i=0 id
	trap 'exit 0' TERM
	while :; do
		i=$((i + 1))
		if id=$(coolvec add "writer $1 text $i" 2>>"$place/errors"); then
			printf '%s\twriter %s text %s\n' "$id" "$1" "$i" >>"acked$1"
		fi
	done
}

# What was acknowledged is there under its id, and no text is there twice.
assert_all_there() {
	local p
	for p in $writers; do kill "$p"; wait "$p" || true; done
	writers=
	wait_database
	coolvec list >there
	cat acked1 acked2 | sort >acked
	[ "$(comm -23 acked <(sort there) | wc -l)" = 0 ]
	[ "$(cut -f 2 there | sort | uniq -d | wc -l)" = 0 ]
	[ "$(coolvec count)" = "$(wc -l <there)" ]
	coolvec verify
	tail -n 1 acked1 | while IFS=$'\t' read -r id text; do
		coolvec search "$text" -k 5 --exact >near
		grep -q "^$id	0	$text\$" near || { echo "$id $text"; cat near; exit 1; }
	done
}

writers_start() {
	: >acked1 >acked2
	write_along 1 3>&- 5>&- 6<&- &
	writers=$!
	write_along 2 3>&- 5>&- 6<&- &
	writers+=" $!"
}

# Until each writer has had N more texts acknowledged.
wait_acked() {
	local w had
	for w in 1 2; do
		had=$(wc -l <"acked$w")
		until [ "$(wc -l <"acked$w")" -ge $((had + $1)) ]; do :; done
	done
}

@test "backends that are killed again and again lose and double nothing" {
	writers_start
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		wait_acked 5
		server psql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coolvecd'" >/dev/null
	done
	wait_acked 5
	assert_all_there
}

@test "a server that crashes and comes back loses and doubles nothing" {
	writers_start
	for _ in 1 2; do
		wait_acked 10
		server kill
		run -5 coolvec add "while it is down"
		server again
		wait_acked 10
	done
	assert_all_there
	[ "$(coolvec list | grep -c "while it is down")" = 0 ]
}

@test "commits that are lost on either side lose and double nothing" {
	writers_start
	for how in lose-answer lose-commit lose-answer lose-commit; do
		wait_acked 5
		proxy $how
		proxy_happened
		proxy pass
	done
	wait_acked 5
	assert_all_there
	[ "$(grep -c "the commit that was uncertain" "$place/log")" = 4 ]
}

@test "a daemon that was killed while its commit was uncertain finds out at its start" {
	coolvec add "one" >/dev/null
	proxy lose-answer
	[ "$(ask add '{"text":"the uncertain one","request_id":"r1"}')" = '"unknown"' ]
	proxy_happened
	kill -KILL "$daemon"
	wait "$daemon" || true
	proxy pass
	daemon_start
	[ "$(coolvec search "the uncertain one" -k 1)" = $'1\t0\tthe uncertain one' ]
	[ "$(ask add '{"text":"the uncertain one","request_id":"r1"}' | jq .id)" = 1 ]
	coolvec verify
}
