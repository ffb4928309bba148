#!/usr/bin/env bats
# embed_readme.bats - what the README shows of services really happens.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

@test "the settings and the block of the README work as written" {
	local settings
	plan ok
	# the line that starts the daemon, with the stand-in in the place of Ollama
	settings=$(sed -n 's/^    \$ \(EMBEDDER=openai .*\) coolvecd &$/\1/p' "$root/README.md")
	[[ $settings == *http://127.0.0.1:11434/v1* ]]
	# shellcheck disable=SC2086
	daemon_with ${settings/http:\/\/127.0.0.1:11434/$service}
	run diff <(sed -n '/^<!-- service -->/,/^<!-- end of service -->/p' "$root/README.md") \
		<("$root/tests/cli/tour.sh" service <"$root/README.md")
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(requests -s 'map(.path) | unique')" = '["/v1/embeddings"]' ]
	daemon_stop
}
