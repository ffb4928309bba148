#!/usr/bin/env bats
# The program in libvec(3) compiles, runs and prints what the page says.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

ordinary_build() {
	[ "${SAN:-release}" = release ] || skip "a library built with a sanitizer wants a program built so"
}

extract() {
	sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/d;s/\\e/\\/g;p}' man/libvec.3
}

@test "the example of libvec(3) prints what the page says" {
	ordinary_build
	extract > "$BATS_TEST_TMPDIR/example.c"
	grep -q 'vec_search' "$BATS_TEST_TMPDIR/example.c"
	"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -Ilibvec -o "$BATS_TEST_TMPDIR/example" \
		"$BATS_TEST_TMPDIR/example.c" build/release/libvec.a -lm -pthread
	mkdir "$BATS_TEST_TMPDIR/data"
	run "$BATS_TEST_TMPDIR/example" "$BATS_TEST_TMPDIR/data"
	[ "$status" -eq 0 ]
	[ "$output" = $'0 1\n1 1' ]
}

@test "libvec(3) documents every function of vec.h and no other" {
	sed -n 's/^[a-z].*[ *]\(vec_[a-z0-9_]*\)(.*/\1/p' libvec/vec.h | sort -u > "$BATS_TEST_TMPDIR/header"
	sed -n 's/^\.Fn \(vec_[a-z0-9_]*\) ".*/\1/p' man/libvec.3 | sort -u > "$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/header" ]
	diff "$BATS_TEST_TMPDIR/header" "$BATS_TEST_TMPDIR/page"
}

@test "libvec(3) documents every error of vec.h" {
	sed -n 's/^	\(VEC_E[A-Z]*\) = .*/.It Dv \1/p' libvec/vec.h | sort > "$BATS_TEST_TMPDIR/header"
	grep '^\.It Dv VEC_E' man/libvec.3 | sort > "$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/header" ]
	diff "$BATS_TEST_TMPDIR/header" "$BATS_TEST_TMPDIR/page"
}

@test "libvec.a and libvec.so show the names of vec.h alone" {
	ordinary_build
	nm -g --defined-only build/release/libvec.a > "$BATS_TEST_TMPDIR/names"
	nm -D --defined-only build/release/libvec.so >> "$BATS_TEST_TMPDIR/names"
	[ "$(grep -c ' T vec_' "$BATS_TEST_TMPDIR/names")" -ge 36 ]
	run grep -E ' [A-Z] ' "$BATS_TEST_TMPDIR/names"
	[ "$(grep -vc ' vec_' <<<"$output")" -eq 0 ]
}

@test "mandoc finds nothing wrong with libvec(3)" {
	run mandoc -Tlint -Wwarning man/libvec.3
	[ "$output" = "" ]
}
