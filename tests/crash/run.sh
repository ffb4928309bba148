#!/bin/bash
# run.sh - the crash tests in their long form: an hour and a half on two cores.
#
# STATES (1,000,000) and CUTS (100) may be set.  Ends in one line; exit status 0 when all words were kept.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=build/${SAN:-release}
dir=$(mktemp -d /dev/shm/coolvec-crash.XXXXXX)
trap 'rm -rf "$dir"' EXIT
good=0 bad=0 skipped=0

try() {
	"$@"
	case $? in
	0) good=$((good + 1)) ;;
	77) skipped=$((skipped + 1)) ;;
	*) bad=$((bad + 1)) ;;
	esac
}

{
	try tests/crash/power.sh ext4 "${CUTS:-100}"
	try tests/crash/power.sh xfs "${CUTS:-100}"
	try "$B/tests/crash/fail_nth" "$dir" 0 "$((RANDOM + 1))"
	try "$B/tests/crash/crash_states" "$dir" "${STATES:-1000000}" "$((RANDOM + 1))" "$(nproc)"
} 2>>"$dir/log"
[ "$bad" -eq 0 ] || grep -aE '^(oracle|crash_states|fail_nth): ' "$dir/log"
echo "crash: $good passed, $bad failed, $skipped skipped"
[ "$bad" -eq 0 ]
