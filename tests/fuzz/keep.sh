#!/bin/bash
# keep.sh - keep what `make fuzz` has learnt: as few inputs as reach every edge it reached.
#
# usage: tests/fuzz/keep.sh	after make fuzz, in the project's folder
#
# They go into tests/fuzz/corpus, which the tests replay, named by their sums; inputs that have a name
# of their own stay.
set -eu
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
for learnt in build/fuzz/corpus/*; do
	name=${learnt##*/}
	corpus=tests/fuzz/corpus/$name
	mkdir "$kept/$name"
	"build/fuzz/tests/fuzz/fuzz_$name" -set_cover_merge=1 -use_counters=0 \
		"$kept/$name" "$corpus" "$learnt" >"$kept/log" 2>&1 || { tail "$kept/log" >&2; exit 1; }
	find "$corpus" -regextype egrep -regex '.*/[0-9a-f]{10}' -delete
	for input in "$kept/$name"/*; do
		sum=$(sha1sum "$input" | cut -c1-10)
		sha1sum "$corpus"/* | grep -q "^$sum" || cp "$input" "$corpus/$sum"
	done
	printf '%-10s %4d inputs\n' "$name" "$(find "$corpus" -type f | wc -l)"
done
