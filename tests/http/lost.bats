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
