# When the daemon is not there, goes away, or says something unexpected.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
}

teardown() {
	for process in $fake $daemon; do
		kill "$process"
	done
}

@test "without a daemon: status 5, the socket's path and how to start one" {
	for c in ping "list" "add text" "login ada --password-file /dev/null"; do
		# shellcheck disable=SC2086
		run --separate-stderr -5 coolvec $c
		[ "$stderr" = "coolvec: no daemon answers at $COOLVEC_SOCKET: No such file or directory; start one with: coolvecd" ]
	done
}

@test "a socket that nobody listens on is the same" {
	socat UNIX-LISTEN:"$place/dead" /dev/null 3>&- &
	until [ -S "$place/dead" ]; do :; done
	kill -KILL $!
	wait $! || true
	run --separate-stderr -5 coolvec ping --socket "$place/dead"
	[[ $stderr == *"Connection refused; start one with: coolvecd" ]]
}

@test "a socket's path that is too long is refused, status 5" {
	run --separate-stderr -5 coolvec ping --socket "/$(head -c 200 /dev/zero | tr '\0' x)"
	[[ $stderr == *"longer than 107 bytes" ]]
}

@test "each error of the protocol has the exit status of its manual" {
	sed -n 's/^\.It \([a-z_]*\) Ta \([0-9]*\) Ta [0-9]* Ta .*/\1 \2/p' "$root/man/coolvec-protocol.7" >table
	[ "$(wc -l <table)" = 19 ]
	while read -r name status; do
		fake '{"id":0,"ok":false,"error":{"name":"'"$name"'","message":"the reason"}}'
		run --separate-stderr "-$status" coolvec count
		[ "$stderr" = "coolvec: the reason" ]
		fake_stop
	done <table
}

@test "an error whose name is not known is a failure" {
	fake '{"id":0,"ok":false,"error":{"name":"novel","message":"the reason"}}'
	run -1 coolvec count
}

@test "what a daemon says does not reach the terminal raw" {
	fake '{"id":0,"ok":false,"error":{"name":"internal","message":"a \u001b[31mred\nreason"}}'
	run --separate-stderr -1 coolvec count
	[ "$stderr" = 'coolvec: a \x1b[31mred\nreason' ]
}

@test "an answer that is none is told, status 5" {
	for answer in 'HTTP/1.1 400 Bad Request' '[]' '{}' '{"id":0}' '{"id":0,"ok":true}' \
		'{"id":1,"ok":true,"result":{}}' '{"id":null,"ok":true,"result":{}}' \
		'{"id":0,"ok":false}' '{"id":0,"ok":false,"error":{"name":"internal"}}'; do
		fake "$answer"
		run --separate-stderr -5 coolvec count
		[[ $stderr == *"this is not coolvecd's protocol"* ]]
		fake_stop
	done
}

@test "an error without the request's id answers the request" {
	fake '{"id":null,"ok":false,"error":{"name":"busy","message":"too many connections"}}'
	run --separate-stderr -5 coolvec count
	[ "$stderr" = "coolvec: too many connections" ]
}

@test "a connection that ends without an answer is told, status 5" {
	fake HANGUP
	run --separate-stderr -5 coolvec count
	[[ $stderr == "coolvec: the daemon closed the connection"* ]]
}

@test "the token goes with a request and a password only where it belongs" {
	fake '{"id":0,"ok":true,"result":{"count":1}}'
	COOLVEC_TOKEN='a token' run -0 coolvec count -c here
	[ "$(jq -c . <"$place/asked")" = \
		'{"id":0,"op":"count","token":"a token","args":{"collection":"here"}}' ]
	echo "the password" >pw
	fake_stop
	fake '{"id":0,"ok":true,"result":{"username":"ada"}}'
	run -0 coolvec register ada --password-file pw
	[ "$(jq -c . <"$place/asked")" = \
		'{"id":0,"op":"register","token":"none","args":{"username":"ada","password":"the password"}}' ]
}

@test "a daemon that was killed and is back is found again, and nothing is stored twice" {
	daemon_start
	log_in
	mkfifo in out
	coolvec add - <in >out 2>err 3>&- &
	adding=$!
	exec 7>in 8<out
	echo "before" >&7
	read -r id <&8
	[ "$id" = 0 ]
	kill -KILL "$daemon"
	wait "$daemon" || true
	daemon_start
	echo "after" >&7
	read -r id <&8
	exec 7>&- 8<&-
	wait $adding
	[ "$id" = 1 ]
	[ ! -s err ]
	[ "$(coolvec list)" = $'0\tbefore\n1\tafter' ]
	daemon_stop
}

@test "when the daemon stays away, add says what was stored and what is not known" {
	daemon_start
	log_in
	mkfifo in out
	coolvec add - <in >out 2>err 3>&- &
	adding=$!
	exec 7>in 8<out
	echo "before" >&7
	read -r id <&8
	daemon_stop
	printf 'after\nlater\n' >&7
	exec 7>&-
	status=0
	wait $adding || status=$?
	exec 8<&-
	[ $status = 6 ]
	grep -q "^coolvec: no daemon answers at " err
	grep -q "^coolvec: of lines 2 to 3 it is not known whether they were added$" err
	grep -q "^coolvec: 1 added before that$" err
}

@test "a session that ended in the middle is told with what was stored" {
	daemon_start
	log_in
	mkfifo in out
	coolvec add - <in >out 2>err 3>&- &
	adding=$!
	exec 7>in 8<out
	echo "before" >&7
	read -r id <&8
	coolvec logout
	echo "after" >&7
	exec 7>&-
	status=0
	wait $adding || status=$?
	exec 8<&-
	[ $status = 6 ]
	grep -q "log in again: coolvec login" err
	daemon_stop
}

# What was asked, one request_id a line.
request_ids() {
	jq -r .args.request_id <"$place/asked"
}

@test "a lost answer is asked for again under the same request_id" {
	fake HANGUP '{"id":1,"ok":true,"result":{"ids":[5]}}'
	run --separate-stderr -0 coolvec add "text"
	[ "$output" = 5 ]
	[ -z "$stderr" ]
	[ "$(request_ids | wc -l)" = 2 ]
	[ "$(request_ids | sort -u | wc -l)" = 1 ]
	fake_stop
	fake HANGUP '{"id":1,"ok":true,"result":{"id":3}}'
	run -0 coolvec update 3 --text "text"
	[ "$(request_ids | wc -l)" = 2 ]
	[ "$(request_ids | sort -u | wc -l)" = 1 ]
}

@test "an answer that is lost twice is not asked for again" {
	fake HANGUP HANGUP '{"id":2,"ok":true,"result":{"ids":[5]}}'
	run --separate-stderr -5 coolvec add "text"
	[[ $stderr == *"it is not known whether it was added"* ]]
	[ "$(request_ids | wc -l)" = 2 ]
}

@test "a change that is not known is repeated, and so is one that was too busy" {
	fake '{"id":0,"ok":false,"error":{"name":"unknown","message":"it may have happened"}}' \
		'{"id":1,"ok":false,"error":{"name":"busy","message":"later"}}' \
		'{"id":2,"ok":true,"result":{"ids":[5]}}'
	run --separate-stderr -0 coolvec add "text"
	[ "$output" = 5 ]
	[ -z "$stderr" ]
	[ "$(request_ids | sort -u | wc -l)" = 1 ]
}

@test "a batch without its bad items is another request" {
	fake '{"id":0,"ok":false,"error":{"name":"bad_request","message":"1 is bad","detail":{"items":[{"index":1,"name":"bad_request","message":"no good"}]}}}' \
		'{"id":1,"ok":true,"result":{"ids":[5,6]}}'
	run --separate-stderr -6 coolvec add a b c
	[ "$output" = $'5\n6' ]
	[ "$stderr" = "coolvec: argument 2: no good" ]
	[ "$(jq -c '[.args.items[].text]' <"$place/asked")" = $'["a","b","c"]\n["a","c"]' ]
	[ "$(request_ids | sort -u | wc -l)" = 2 ]
}

@test "a refusal that names no item of ours ends the work" {
	fake '{"id":0,"ok":false,"error":{"name":"bad_request","message":"odd","detail":{"items":[{"index":7,"name":"bad_request","message":"no good"}]}}}'
	run --separate-stderr -2 coolvec add a b c
	[ "$stderr" = "coolvec: odd" ]
}

@test "a full disk in the middle tells what was stored, status 6" {
	fake '{"id":0,"ok":true,"result":{"ids":[0]}}' \
		'{"id":1,"ok":false,"error":{"name":"no_space","message":"the disk is full; nothing changed"}}'
	mkfifo in out
	coolvec add - <in >out 2>err 3>&- &
	adding=$!
	exec 7>in 8<out
	echo "fits" >&7
	read -r _ <&8
	echo "does not" >&7
	status=0
	wait $adding || status=$?
	exec 7>&- 8<&-
	[ $status = 6 ]
	[ "$(cat err)" = $'coolvec: the disk is full; nothing changed\ncoolvec: 1 added before that' ]
}
