#!/bin/bash
# run.sh - run every suite against build/release and say in one line how it went.
#
# usage: tests/run.sh [suite...]	suites: unit cli http fault crash replay recall; all when none is named
#
# A suite prints TAP; what is printed is kept in build/release/tests/log, and shown when it fails.
set -u
cd "$(dirname "$0")/.." || exit 1
SAN=${SAN:-release}
B=build/$SAN
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp ${TSAN_OPTIONS-}"
LOG=$B/tests/log
mkdir -p "$LOG"
# Seconds: for a unit test, for a file of others, and for what a test waits for.
unit_seconds=180 file_seconds=900
if [ "$SAN" != release ]; then
	unit_seconds=900 file_seconds=3600
	export patience=600
fi
passed=0 failed=0 skipped=0
POSTGRESQL_BATS="compact reindex"
POSTGRESQL_TESTS="test_meta test_meta_items test_meta_builds test_meta_txn test_meta_copy test_filter test_filter_random test_meta_pg test_meta_pg_claim"

# count NAME FILE STATUS: add up a TAP file; a program that ended badly without saying so failed too.
count() {
	local ok no skip
	skip=$(grep -cE '^(not )?ok .*# [Ss][Kk][Ii][Pp]' "$2")	# cmocka: "not ok"
	ok=$(grep -E '^ok ' "$2" | grep -vcE '# [Ss][Kk][Ii][Pp]')
	no=$(grep -E '^not ok ' "$2" | grep -vcE '# [Ss][Kk][Ii][Pp]')
	if [ "$3" -ne 0 ] && [ "$no" -eq 0 ]; then no=1; fi
	if [ "$ok" -eq 0 ] && [ "$no" -eq 0 ] && [ "$skip" -eq 0 ]; then no=1; fi
	passed=$((passed + ok)) failed=$((failed + no)) skipped=$((skipped + skip))
	printf '%-44s %4d passed %4d failed %4d skipped\n' "$1" "$ok" "$no" "$skip"
	if [ "$no" -gt 0 ]; then
		grep -vE '^ok ' "$2" | tail -n 60
	fi
	grep -hoE '# [Ss][Kk][Ii][Pp].*' "$2" | sort | uniq -c
}

# What the metadata promises holds in PostgreSQL as well: the same programs, and one of its own.
run_postgresql() {
	local dir uri name status=0
	dir=$(mktemp -d /tmp/coolvec-pg-XXXXXX)
	uri=$(tests/postgres.sh start "$dir" 2>"$LOG/postgresql.log") || status=$?
	case $status in
	0) ;;
	77) echo "ok 1 - meta # skip $uri" >"$LOG/postgresql.tap" ;;
	*) { sed 's/^/# /' "$LOG/postgresql.log"; echo "not ok 1 - no server"; } >"$LOG/postgresql.tap" ;;
	esac
	if [ "$status" != 0 ]; then
		count "unit meta with PostgreSQL" "$LOG/postgresql.tap" 0
		rm -rf "$dir"
		return
	fi
	for name in $POSTGRESQL_BATS; do
		TESTS_ON_POSTGRESQL=$dir SAN=$SAN timeout $file_seconds bats --tap "tests/cli/$name.bats" \
			>"$LOG/postgresql_$name.tap" 2>&1 </dev/null
		count "cli $name with PostgreSQL" "$LOG/postgresql_$name.tap" $?
	done
	for name in $POSTGRESQL_TESTS; do
		COOLVEC_TEST_DB_URI=$uri CMOCKA_MESSAGE_OUTPUT=TAP timeout $unit_seconds "$B/tests/unit/meta/$name" \
			>"$LOG/postgresql_$name.tap" 2>"$LOG/postgresql_$name.log"
		count "unit meta/$name with PostgreSQL" "$LOG/postgresql_$name.tap" $?
	done
	tests/postgres.sh stop "$dir"
}

run_unit() {
	local t name
	for t in "$B"/tests/unit/*/test_*; do
		case $t in *.d | */test_meta_pg*) continue ;; esac
		name=${t#"$B"/tests/unit/}
		CMOCKA_MESSAGE_OUTPUT=TAP timeout $unit_seconds "$t" >"$LOG/${name//\//_}.tap" 2>&1
		count "unit $name" "$LOG/${name//\//_}.tap" $?
	done
	run_postgresql
}

run_bats() {
	local f name
	for f in "$1"/*.bats; do
		[ -e "$f" ] || continue
		name=$(basename "$f" .bats)
		SAN=$SAN timeout $file_seconds bats --tap "$f" >"$LOG/$2_$name.tap" 2>&1 </dev/null
		count "$2 $name" "$LOG/$2_$name.tap" $?
	done
}

# A program of its own that exits 0 (good), 1 (bad) or 77 (cannot be run here, and says why).
run_program() {
	local name=$1 status
	shift
	timeout $file_seconds "$@" >"$LOG/$name.txt" 2>&1
	status=$?
	case $status in
	0) echo "ok 1 - $name" ;;
	77) echo "ok 1 - $name # skip $(tail -n 1 "$LOG/$name.txt")" ;;
	*) sed 's/^/# /' "$LOG/$name.txt"; echo "not ok 1 - $name" ;;
	esac >"$LOG/$name.tap"
	grep -v '^#' "$LOG/$name.txt"
	count "$name" "$LOG/$name.tap" 0
}

# The table of newman is worth seeing also when all is well.
run_http() {
	run_bats tests/http http
	[ ! -e "$LOG/newman.txt" ] || sed -n '/│ *executed/,/└/p' "$LOG/newman.txt"
}

# Each fuzz target on the inputs that are kept for it.
run_replay() {
	local f name
	for f in tests/fuzz/corpus/*; do
		name=${f##*/}
		run_program "fuzz_$name" "$B/tests/fuzz/fuzz_$name" "$f"/*
	done
}

# A daemon inside the test, on a disk that loses what was not synced, and on calls that fail.
run_crash() {
	local dir
	dir=$(mktemp -d /dev/shm/coolvec-crash.XXXXXX 2>/dev/null || mktemp -d)
	run_program crash_states "$B/tests/crash/crash_states" "$dir" 10000 "$((RANDOM + 1))"
	run_program fail_nth "$B/tests/crash/fail_nth" "$dir" 40 "$((RANDOM + 1))"
	rm -rf "$dir"
}

run_recall() {
	run_program stsb "$B/tests/recall/stsb" ../shared/data/stsb-en-dev.csv
	run_program words tests/recall/words.sh ../shared/data/stsb-en-dev.csv
	run_program recall tests/recall/run.sh
}

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(unit cli http fault crash replay recall)
for s in "${suites[@]}"; do
	case $s in
	unit) run_unit ;;
	cli) run_bats tests/cli cli ;;
	http) run_http ;;
	fault) run_bats tests/fault fault ;;
	replay) run_replay ;;
	crash) run_crash ;;
	recall) run_recall ;;
	*) echo "run.sh: no suite $s" >&2; exit 2 ;;
	esac
done
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
