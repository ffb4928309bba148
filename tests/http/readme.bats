#!/usr/bin/env bats
# readme.bats - the README's calls over HTTP print what it says.

load helper

setup_file() {
	isolate
	daemon_start
	shim_start
}

teardown_file() {
	shim_stop
	daemon_stop
}

# The README with the address that the tests serve at in the place of the usual one.
here() {
	sed "s|http://127.0.0.1:8000|$url|" "$root/README.md"
}

@test "the calls of the README print what stands below them" {
	[ "$(here | sed -n '/^<!-- http -->/,/^<!-- end of http -->/p' | grep -c '^\$ curl')" -gt 5 ]
	diff <(here | sed -n '/^<!-- http -->/,/^<!-- end of http -->/p') \
		<(here | "$root/tests/cli/tour.sh" http)
}
