#!/usr/bin/env bats
# readme.bats - the README shows what really happens.

load helper

setup_file() {
	isolate
	daemon_start
	log_in
}

teardown_file() {
	daemon_stop
}

block() {
	sed -n "/^<!-- $1 -->/,/^<!-- end of $1 -->/p" "$root/README.md"
}

@test "the tour prints what the README says" {
	[ "$(block tour | grep -c '^\$ ')" -gt 10 ]
	diff <(block tour) <("$root/tests/cli/tour.sh" tour <"$root/README.md")
}

@test "the C program of the README compiles and answers" {
	[ "${SAN:-release}" = release ] || skip "a library built with a sanitizer wants a program built so"
	block program | sed '/^```/d; /^<!--/d' >"$BATS_TEST_TMPDIR/p.c"
	"${CC:-cc}" -I"$root/libvec" -o "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/p.c" \
		"$build/libvec.a" -lm -pthread
	mkdir "$BATS_TEST_TMPDIR/points"
	cd "$BATS_TEST_TMPDIR"
	run ./p
	[ "$status" -eq 0 ]
	[ "$output" = "slot 1 at distance 1" ]
}
