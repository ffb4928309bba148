#!/usr/bin/env bats
# limits.bats - too much, too slow, too many; the end.

load helper

setup() {
	isolate
}

setup_file() {
	isolate
	daemon_start
	shim_start
	log_in
	export token
}

teardown_file() {
	[ -z "$shim" ] || shim_stop
	[ -z "$daemon" ] || daemon_stop
}

# A shim of the test's own, with the environment it wants: $own, at $at.
own_start() {
	mkfifo "$BATS_TEST_TMPDIR/ready"
	"$build/coolvec-http" --env /dev/null --listen 127.0.0.1:0 "$@" --ready-fd 9 \
		9>"$BATS_TEST_TMPDIR/ready" 3>&- 2>"$BATS_TEST_TMPDIR/log" &
	own=$!
	read -r at <"$BATS_TEST_TMPDIR/ready"
	rm "$BATS_TEST_TMPDIR/ready"
}

teardown() {
	if [ -n "${own:-}" ]; then
		kill "$own" 2>/dev/null || true
		wait "$own" || true
		own=
	fi
}

@test "a body over the limit is refused by its Content-Length: 413" {
	head -c 70000 /dev/zero | tr '\0' a >large
	ask POST /auth/login -H 'Content-Type: application/x-www-form-urlencoded' --data-binary @large
	answered 413 too_large
	head -c 17000000 /dev/zero | tr '\0' a >larger
	ask POST /vec/add -H 'Content-Type: application/json' --data-binary @larger
	answered 413 too_large
}

@test "a chunked body over the limit: 413" {
	head -c 70000 /dev/zero | tr '\0' a >large
	ask POST /auth/login -H 'Content-Type: application/x-www-form-urlencoded' \
		-H 'Transfer-Encoding: chunked' --data-binary @large
	answered 413 too_large
}

@test "a chunked body without an end is hung up on" {
	head -c 65536 /dev/zero | tr '\0' a >chunk
	(trap '' PIPE
		printf 'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
		for ((i = 0; i < 1000; i++)); do printf '10000\r\n' && cat chunk && printf '\r\n' || break; done
		echo $i >chunks) 2>/dev/null | timeout 60 socat - "TCP:127.0.0.1:$port" >/dev/null 2>&1 || true
	[ "$(cat chunks)" -lt 1000 ]
	ask GET /healthz
	answered 200
}

@test "a text over a mebibyte: 413, one below is taken" {
	head -c 1048577 /dev/zero | tr '\0' a | jq -Rc '{text: .}' >large
	tell POST /vec/add @large
	answered 413 too_large
	head -c 1000000 /dev/zero | tr '\0' a | jq -Rc '{text: .}' >fine
	tell POST /vec/add @fine
	answered 200
}

@test "10,001 items: 413" {
	seq 10001 | jq -c '{text: "a"}' >items
	ask POST /vec/batch -H 'Content-Type: application/x-ndjson' --data-binary @items
	answered 413 too_large
}

@test "a head over 32 KiB is refused" {
	run curl -sS -o /dev/null -w '%{http_code}' -H "X-Large: $(head -c 40000 /dev/zero | tr '\0' a)" "$url/healthz"
	[ "$output" = 431 ]
}

@test "random bytes are no request, and harm nobody" {
	for i in $(seq 40); do
		{
			[ $((i % 2)) = 0 ] || printf 'POST /vec/add HTTP/1.1\r\nHost: localhost\r\n'
			head -c 400 /dev/urandom
		} | timeout 5 socat -t 0.2 - "TCP:127.0.0.1:$port" >answer 2>/dev/null || true
		run ! grep -aq '^HTTP/1.1 2' answer
	done
	ask GET /healthz
	answered 200
}

@test "clients that say nothing, and those that drip, are cut off" {
	export HTTP_TIMEOUT_SECONDS=1
	own_start
	# Silence in the middle of the head, and of the body.
	for part in 'GET /healthz HTTP/1.1\r\nHost: loc' \
		'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{'; do
		SECONDS=0
		(printf "$part"; sleep 8) | timeout 10 socat -t 0.1 - "TCP:$at" >/dev/null || true &
		local pid=$!
		until ! curl -sS "http://$at/metrics" | grep -q '^coolvec_http_connections 2' || [ $SECONDS -gt 6 ]; do sleep 0.1; done
		[ $SECONDS -le 6 ]
		kill $pid 2>/dev/null || true
	done
	# A byte every half second never is silence; four seconds for a request are enough all the same.
	SECONDS=0
	while printf x && sleep 0.5; do :; done 2>/dev/null | timeout 20 socat - "TCP:$at" >/dev/null || true
	[ $SECONDS -ge 3 ] && [ $SECONDS -le 12 ]
}

@test "1,000 connections are served at once" {
	command -v wrk >/dev/null || skip "wrk is not installed"
	ulimit -n 4096
	wrk -t1 -c1000 -d3 --timeout 10 "$url/healthz" >wrk.out 3>&- &
	local pid=$!
	for ((i = 0; i < 100; i++)); do
		n=$(curl -sS "$url/metrics" | sed -n 's/^coolvec_http_connections //p')
		[ "$n" -lt 1000 ] || break
	done
	wait $pid
	[ "$n" -ge 1000 ] || { echo "$n connections"; false; }
	run ! grep -E 'Socket errors|Non-2xx' wrk.out
}

@test "over the limit connections wait and are served in turn" {
	export HTTP_MAX_CONNECTIONS=2 HTTP_THREADS=2
	own_start
	for ((i = 0; i < 12; i++)); do
		curl -sS -o /dev/null -w '%{http_code}\n' --max-time 20 "http://$at/healthz" >>codes 3>&- &
	done
	wait $(jobs -p | grep -vx "$own")
	[ "$(grep -c 200 codes)" = 12 ]
}

@test "a thousand requests at once are all answered, with 256 connections to the daemon" {
	command -v wrk >/dev/null || skip "wrk is not installed"
	ulimit -n 4096
	wrk -t1 -c600 -d2 --timeout 20 -H "Authorization: Bearer $token" "$url/vec/count" >wrk.out 3>&-
	run ! grep -E 'Socket errors|Non-2xx' wrk.out
}

@test "a slow request holds up nobody" {
	export HTTP_THREADS=1
	own_start
	for i in 1 2 3 4 5 6; do
		curl -sS -o /dev/null -d username=ada -d password=wrong "http://$at/auth/login" 3>&- &
	done
	run curl -sS -o /dev/null -w '%{time_total}' "http://$at/healthz"
	[ "$(jq '. < 0.15' <<<"$output")" = true ] || { echo "$output"; false; }
	wait $(jobs -p | grep -vx "$own")
}

@test "every error of the wire has its status, whatever daemon says it" {
	command -v socat >/dev/null || skip "socat is not installed"
	local fake=$BATS_TEST_TMPDIR/fake pid
	sed -n 's/^\t\[WIRE_[A-Z_]*\] = { "\([a-z_]*\)", [A-Z_]*, \([0-9]*\) },/\1 \2/p' \
		"$root/daemon/proto/wire.c" | grep -v '^ok ' >table
	[ "$(wc -l <table)" -ge 19 ]
	socat "UNIX-LISTEN:$fake,fork" "SYSTEM:head -n 1 >/dev/null; cat $BATS_TEST_TMPDIR/answer" 3>&- &
	pid=$!
	until [ -S "$fake" ]; do :; done
	own_start --socket "$fake"
	url=http://$at
	while read -r name code; do
		printf '{"id":null,"ok":false,"error":{"name":"%s","message":"because"}}\n' "$name" >"$BATS_TEST_TMPDIR/answer"
		ask GET /vec/count
		answered "$code" "$name"
		[ "$(jq -r .detail <<<"$body")" = because ]
	done <table
	# Nor does what is no answer at all.
	echo nonsense >"$BATS_TEST_TMPDIR/answer"
	ask GET /vec/count
	answered 503 unavailable
	kill $pid
	wait $pid || true
}

@test "a daemon that is lost over a question, or a change with a key, is asked again; else: unknown" {
	command -v socat >/dev/null || skip "socat is not installed"
	local fake=$BATS_TEST_TMPDIR/fake asked=$BATS_TEST_TMPDIR/asked pid
	# It reads what it is asked first and is gone; the second time it answers.
	cat >"$BATS_TEST_TMPDIR/fake.sh" <<-END
		head -n 1 >>$asked
		[ \$(wc -l <$asked) -lt 2 ] || echo '{"id":0,"ok":true,"result":{"id":7}}'
	END
	socat "UNIX-LISTEN:$fake,fork" "SYSTEM:sh $BATS_TEST_TMPDIR/fake.sh" 3>&- &
	pid=$!
	until [ -S "$fake" ]; do :; done
	own_start --socket "$fake"
	url=http://$at
	ask GET /vec/count
	answered 200
	[ "$(wc -l <"$asked")" = 2 ]
	rm "$asked"
	tell POST /vec/add '{"text":"a"}' -H 'Idempotency-Key: k'
	answered 200
	[ "$(jq .id <<<"$body")" = 7 ]
	[ "$(wc -l <"$asked")" = 2 ]
	rm "$asked"
	tell POST /vec/add '{"text":"a"}'
	answered 500 unknown
	[ "$(wc -l <"$asked")" = 1 ]
	kill $pid
	wait $pid || true
}

@test "the log has no token, no body and no query" {
	own_start --log-level debug
	url=http://$at
	tell POST '/vec/add?collection=hushhush' '{"text":"sesame-body"}'
	ask POST /auth/login -d username=ada -d password=sesame-password
	ask GET '/vec/similarity?vec_id=424242'
	ask GET /nowhere/sesame-path
	kill "$own"
	wait "$own"
	[ "$(grep -c debug "$BATS_TEST_TMPDIR/log")" -ge 4 ]
	run grep -E "sesame|hushhush|424242|${token:0:20}" "$BATS_TEST_TMPDIR/log"
	[ "$status" = 1 ]
	own=
}

@test "SIGTERM ends it well, after what was asked is answered" {
	own_start
	curl -sS -o /dev/null -w '%{http_code}' --trace-ascii sent -d username=ada -d password=wrong \
		"http://$at/auth/login" >code 3>&- &
	local pid=$!
	until grep -q '^=> Send data' sent 2>/dev/null; do sleep 0.01; done	# now it was asked
	kill -TERM "$own"
	wait "$own"
	wait $pid
	[ "$(cat code)" = 401 ]
	own=
}

# --- starting it ------------------------------------------------------------------------------------

@test "what is not the loopback needs --listen, which says that TLS belongs in front" {
	HTTP_LISTEN=0.0.0.0:0 run "$build/coolvec-http" --env /dev/null
	[ "$status" = 1 ]
	[[ "$output" == *--listen* ]]
	own_start --listen 0.0.0.0:0
	grep -q TLS "$BATS_TEST_TMPDIR/log"
}

@test "HTTP_LISTEN and HTTP_ALLOW_HOSTS are taken from .env" {
	printf 'HTTP_LISTEN=127.0.0.1:0\nHTTP_ALLOW_HOSTS=one.example, two.example\n' >env
	mkfifo "$BATS_TEST_TMPDIR/ready"
	"$build/coolvec-http" --env env --ready-fd 9 9>"$BATS_TEST_TMPDIR/ready" 3>&- 2>/dev/null &
	own=$!
	read -r at <"$BATS_TEST_TMPDIR/ready"
	url=http://$at
	ask GET /healthz -H 'Host: two.example'
	answered 200
	ask GET /healthz -H 'Host: three.example'
	answered 403
}

@test "a port that is taken, an address that is none, a setting that cannot be: 1" {
	for where in "127.0.0.1:$port" nonsense 127.0.0.1:99999 '[::1' :80; do
		run "$build/coolvec-http" --env /dev/null --listen "$where"
		[ "$status" = 1 ] || { echo "$where: $status"; false; }
	done
	HTTP_THREADS=0 run "$build/coolvec-http" --env /dev/null
	[ "$status" = 1 ]
	[[ "$output" == *HTTP_THREADS* ]]
	run "$build/coolvec-http" --nonsense
	[ "$status" = 2 ]
}
