#!/usr/bin/env bats
# docs.bats - the documents tell of everything there is.

load helper

# Names of the operations, from their table.
operations() {
	sed -n 's/^\t{ "\([a-z_]*\)", ARGS.*/\1/p' "$root/daemon/ops.c"
}

# Names of the settings, as the daemon prints them.
settings() {
	"$build/coolvecd" --help | sed -n 's/^  \([A-Z][A-Z_]*\) .*/\1/p'
}

@test "every operation is in coolvec-protocol.7, and no other" {
	[ "$(operations | wc -l)" -ge 22 ]
	diff <(operations | sort -u) \
		<(sed -n '/^\.Sh OPERATIONS/,/^\.Sh ERROR/s/^\.It Cm \([a-z_]*\).*/\1/p' \
			"$root/man/coolvec-protocol.7" | sort -u)
}

@test "every argument of an operation is named in coolvec-protocol.7" {
	sed -n '/^const struct op ops/,/^};/p' "$root/daemon/ops.c" | grep -o '{ "[a-zA-Z0-9_]*", ARG_' |
		cut -d'"' -f2 | sort -u >"$BATS_TEST_TMPDIR/args"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/args")" -gt 15 ]
	while read -r arg; do
		grep -qw -- "$arg" "$root/man/coolvec-protocol.7" || { echo "$arg is not there"; false; }
	done <"$BATS_TEST_TMPDIR/args"
}

@test "the errors of coolvec-protocol.7 are those of the table, with their statuses" {
	diff <(sed -n 's/^\t\[WIRE_[A-Z_]*\] = { "\([a-z_]*\)", [A-Z_]*, \([0-9]*\) },/\1 \2/p' \
		"$root/daemon/proto/wire.c" | grep -v '^ok ' | sort) \
		<(sed -n 's/^\.It \([a-z_]*\) Ta [0-9]* Ta \([0-9]*\) Ta .*/\1 \2/p' \
			"$root/man/coolvec-protocol.7" | sort)
}

@test "every setting is in .env.example and in coolvecd.8" {
	[ "$(settings | wc -l)" -ge 12 ]
	for name in $(settings); do
		grep -qE "^#?$name=" "$root/.env.example" || { echo "$name: .env.example"; false; }
		grep -q "^\.It Ev $name$" "$root/man/coolvecd.8" || { echo "$name: coolvecd.8"; false; }
	done
}

@test ".env.example has the defaults" {
	env -i "$build/coolvecd" --help >"$BATS_TEST_TMPDIR/help"
	while IFS== read -r name value; do
		grep -qF "($value)" <(grep "^  $name " "$BATS_TEST_TMPDIR/help") ||
			{ echo "$name is not $value by default"; false; }
	done < <(grep -E '^[A-Z_]+=' "$root/.env.example" | grep -v '^HTTP_')
}

@test "every function of vec.h is in libvec.3" {
	grep -oE '\bvec_[a-z0-9_]+\(' "$root/libvec/vec.h" | sort -u | tr -d '(' >"$BATS_TEST_TMPDIR/functions"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/functions")" -ge 15 ]
	while read -r name; do
		grep -q "$name" "$root/man/libvec.3" || { echo "$name is not there"; false; }
	done <"$BATS_TEST_TMPDIR/functions"
}

@test "mandoc has nothing to say of the manual pages" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	run bash -c "mandoc -Tlint '$root'/man/*.[1-9] 2>&1 | grep -vE 'referenced manual|mandoc.db'"
	[ -z "$output" ]
}

@test "make help lists every target that has a story" {
	run make -s -C "$root" help
	for t in demo test install init dev start clean migrate deps asan tsan lint; do
		grep -q "^  $t " <<<"$output" || { echo "$t is not listed"; false; }
	done
}

@test "the scores of the units in coolvecd.8 are those of systemd-analyze" {
	command -v systemd-analyze >/dev/null || skip "systemd is not installed"
	systemd-analyze --version | grep -q '^systemd 252 ' || skip "another systemd, which scores otherwise"
	local unit scores=
	cd "$BATS_TEST_TMPDIR"
	for unit in coolvecd coolvec-http; do
		sed 's|@PREFIX@|/usr/local|' "$root/daemon/systemd/$unit.service" >"$unit.service"
		scores+=" $(systemd-analyze security --offline=true --no-pager "./$unit.service" |
			sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')"
	done
	[ "$scores" = " $(sed -n '/gives it/,/least/p' "$root/man/coolvecd.8" | grep -oE '[0-9]+\.[0-9]+' | xargs)" ]
}
