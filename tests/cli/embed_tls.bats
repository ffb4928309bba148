#!/usr/bin/env bats
# embed_tls.bats - https, and what a proxy may not see.

load embed

setup_file() {
	setup_embed --tls
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
}

teardown() {
	[ -z "$daemon" ] || daemon_stop
	no_key_in "$place/data" "$place/log"
}

@test "a certificate that nobody signed is refused, and EMBED_CA_FILE makes it known" {
	gemini
	fresh
	unavailable "has a certificate that is not trusted"
	[ "$(requests -s length)" -eq 0 ]
	gemini EMBED_CA_FILE="$place/tls.pem"
	coolvec add -c t "over TLS"
	seq 1 300 | sed 's/^/over TLS /' | coolvec add -c t - >/dev/null
	[ "$(requests -s 'map(.n) | add')" -eq 301 ]
	[ "$(requests -s 'map(.key) | unique')" = "[\"$key\"]" ]
	gemini EMBED_CA_FILE="$place/none.pem"
	unavailable "EMBED_CA_FILE"
}

@test "a certificate of another host is refused" {
	gemini EMBED_CA_FILE="$place/tls.pem" EMBED_BASE_URL="${service/127.0.0.1/127.0.0.2}/v1beta"
	fresh
	run --separate-stderr coolvec add -c t "x"
	[ "$status" -eq 7 ]
	[ "$(requests -s length)" -eq 0 ]
}

@test "http to another machine is refused at the start, without repeating the address" {
	run env GOOGLE_API_KEY="$key" EMBED_BASE_URL=http://example.org/v1beta "$build/coolvecd" --env /dev/null \
		--data "$place/d2" --socket "$place/s2"
	[ "$status" -eq 1 ]
	[[ $output == *"use https"* ]]
	[[ $output != *"$key"* ]]
	run env EMBEDDER=gemini EMBED_BASE_URL="https://x:$key@example.org/v1beta" "$build/coolvecd" \
		--env /dev/null --data "$place/d2" --socket "$place/s2"
	[ "$status" -eq 1 ]
	[[ $output != *"$key"* ]]
}

@test "plain http goes to the loopback itself, whatever the proxy settings" {
	standin_start
	http_proxy=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 gemini
	fresh
	coolvec add -c t "direct"
	[ "$(requests -s length)" -eq 1 ]
	standin_stop
}
