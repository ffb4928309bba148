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

@test "a daemon that dies over a change: unknown; over a question: asked again" {
	kill -STOP "$daemon"
	curl -sS -o add -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
		-d '{"text":"a"}' "$url/vec/add" >add.code 3>&- &
	local add=$!
	curl -sS -o count -w '%{http_code}' -H "Authorization: Bearer $token" "$url/vec/count" >count.code 3>&- &
	local count=$!
	# Both are with the daemon once a third request, behind them on the same thread or not, is too.
	until [ "$(ss -xH state established "( src = $COOLVEC_SOCKET )" | awk '$1 > 0' | wc -l)" -ge 2 ] ||
		! kill -0 $add; do sleep 0.05; done
	kill -KILL "$daemon"
	wait "$daemon" || true
	daemon_start
	wait $add $count
	[ "$(cat add.code)" = 500 ]
	[ "$(jq -r .error add)" = unknown ]
	[ "$(cat count.code)" = 200 ]
}
