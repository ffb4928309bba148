#!/usr/bin/env bats
# lost.bats - the daemon stops, is away, and dies; each test has one of its own.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	daemon_start
	shim_start
	log_in
}

teardown() {
	shim_stop
	[ -z "$daemon" ] || daemon_stop
}

@test "a daemon that is started again is a delay and no error" {
	ask GET /vec/count
	answered 200
	daemon_stop
	(sleep 0.3; exec curl -sS "$url/healthz" >/dev/null) 3>&- &
	curl -sS -o count -w '%{http_code}' -H "Authorization: Bearer $token" "$url/vec/count" >code 3>&- &
	local pid=$!
	daemon_start
	wait $pid
	[ "$(cat code)" = 200 ] || { cat code count; false; }
}

@test "a daemon that is away: 503 after two seconds, and ready again with it" {
	daemon_stop
	ask GET /readyz
	answered 503 unavailable
	[ "$(header Retry-After)" = 1 ]
	ask GET /healthz
	answered 200
	tell POST /vec/add '{"text":"a"}'
	answered 503 unavailable
	ask GET /metrics
	answered 200
	grep -qx 'coolvec_up 0' <<<"$body"
	daemon_start
	ask GET /readyz
	answered 200
}

# kill_over METHOD PATH [BODY]: ask, kill the daemon once the question has reached it and before it
# is answered, start another.
kill_over() {
	kill -STOP "$daemon"
	curl -sS -m 60 -o answer -w '%{http_code}' -X "$1" -H "Authorization: Bearer $token" \
		-H 'Content-Type: application/json' ${3:+-d "$3"} "$url$2" >code 3>&- &
	local asker=$!
	until ss -xH state established "( src = $COOLVEC_SOCKET )" | awk '$2 > 0 { n++ } END { exit !n }'; do
		kill -0 $asker
		sleep 0.05
	done
	kill -KILL "$daemon"
	wait "$daemon" || true
	daemon_start
	wait $asker
}

@test "a daemon that dies over a change: unknown" {
	kill_over POST /vec/add '{"text":"a"}'
	[ "$(cat code)" = 500 ] || { cat code answer; false; }
	[ "$(jq -r .error answer)" = unknown ]
}

@test "a daemon that dies over a question: asked again" {
	kill_over GET /vec/count
	[ "$(cat code)" = 200 ]
}
