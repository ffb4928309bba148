#!/bin/bash
# mistakes.sh - can these tests fail?  Each known mistake is put into a copy of the sources, built, and
# must be found.
#
# usage: tests/crash/mistakes.sh [PATCH...]	of tests/crash/mistakes; all when none is named
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
dir=$(mktemp -d "${TMPDIR:-/tmp}/coolvec-mistakes.XXXXXX")
memory=$(mktemp -d /dev/shm/coolvec-mistakes.XXXXXX)
trap 'rm -rf "$dir" "$memory"' EXIT
programs='tests/crash/crash_states tests/crash/fail_nth tests/unit/libvec/test_index'
found=0 all=0

# The first test that fails, and what it says.
look() {
	local said
	said=$(timeout 300 build/release/tests/crash/crash_states "$memory" 4000 1 2>&1) ||
		{ echo "crash states: $(tail -n 1 <<<"$said")"; return 0; }
	said=$(timeout 300 build/release/tests/crash/fail_nth "$memory" 0 1 sync 2>&1) ||
		{ echo "failing calls: $(tail -n 1 <<<"$said")"; return 0; }
	said=$(timeout 300 build/release/tests/unit/libvec/test_index 2>&1) ||
		{ echo "test_index: $(grep -m 1 'FAILED' <<<"$said")"; return 0; }
	return 1
}

patches=("$@")
[ ${#patches[@]} -gt 0 ] || patches=("$root"/tests/crash/mistakes/*.patch)
for patch in "${patches[@]}"; do
	name=$(basename "$patch" .patch)
	all=$((all + 1))
	rm -rf "${dir:?}/t"
	mkdir -p "$dir/t/build"
	cp -a Makefile libvec daemon cmd tests "$dir/t/"
	cp -a build/release "$dir/t/build/"
	cd "$dir/t" || exit 1
	if ! patch -p1 -s <"$root/tests/crash/mistakes/$name.patch"; then
		echo "$name: the patch does not fit any more"
	elif ! make -s $(printf 'build/release/%s ' $programs) >"$dir/log" 2>&1; then
		echo "$name: it does not build:"; tail -n 5 "$dir/log"
	elif said=$(look); then
		found=$((found + 1))
		echo "$name: found by $said"
	else
		echo "$name: not found"
	fi
	cd "$root" || exit 1
done
echo "seeded mistakes: $found of $all found"
[ "$found" -eq "$all" ]
