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
	socat UNIX-LISTEN:"$BATS_TEST_TMPDIR/dead" /dev/null 3>&- &
	until [ -S "$BATS_TEST_TMPDIR/dead" ]; do :; done
	kill -KILL $!
	wait $! || true
	run --separate-stderr -5 coolvec ping --socket "$BATS_TEST_TMPDIR/dead"
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
	fake
	: >"$BATS_TEST_TMPDIR/answers"
	run --separate-stderr -5 coolvec count
	[[ $stderr == "coolvec: the daemon closed the connection"* ]]
}

@test "the token goes with a request and a password only where it belongs" {
	fake '{"id":0,"ok":true,"result":{"count":1}}'
	COOLVEC_TOKEN='a token' run -0 coolvec count -c here
	[ "$(jq -c . <"$BATS_TEST_TMPDIR/asked")" = \
		'{"id":0,"op":"count","token":"a token","args":{"collection":"here"}}' ]
	echo "the password" >pw
	fake_stop
	fake '{"id":0,"ok":true,"result":{"username":"ada"}}'
	run -0 coolvec register ada --password-file pw
	[ "$(jq -c . <"$BATS_TEST_TMPDIR/asked")" = \
		'{"id":0,"op":"register","args":{"username":"ada","password":"the password"}}' ]
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
