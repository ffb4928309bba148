#!/bin/bash
# run.sh - run each fuzz target for a while, and say in a line how many inputs it tried.
#
# usage: tests/fuzz/run.sh FOLDER SECONDS [TARGET...]	FOLDER: of the programs
#
# An input that breaks a target stays in build/fuzz/found.  What was learnt is kept in
# build/fuzz/corpus for the next time; tests/fuzz/corpus is what the tests replay.
set -u
folder=$1 seconds=$2
shift 2
root=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
total=0 bad=0
[ $# -gt 0 ] || set -- "$folder"/fuzz_*
for program; do
	name=${program##*/fuzz_}
	[ -x "$folder/fuzz_$name" ] || continue
	learnt=build/fuzz/corpus/$name
	mkdir -p "$learnt" build/fuzz/found
	log=build/fuzz/found/$name.log
	"$folder/fuzz_$name" -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=4096 -timeout=20 \
		-print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
		"$learnt" "$root/corpus/$name" >"$log" 2>&1
	status=$?
	executions=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
	covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	total=$((total + ${executions:-0}))
	printf '%-10s %10d inputs, %6d edges%s\n' "$name" "${executions:-0}" "${covered:-0}" \
		"$([ "$status" -eq 0 ] || echo ": FAILED, see $log")"
	[ "$status" -eq 0 ] || bad=$((bad + 1))
done
echo "$total inputs tried, $bad targets failed"
[ "$bad" -eq 0 ]
