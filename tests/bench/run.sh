#!/bin/bash
# run.sh BIN [TSV] - the benchmark: libvec beside other libraries, a table on the terminal, the figures
# as lines `table TAB library TAB data TAB figure TAB value` in TSV, and the curves as recall.svg.
# BENCH_ARGS goes to bench_library as it is.
set -eu
cd "$(dirname "$0")/../.."
cache=$(tests/bench/data.sh "$1/bench_convert")
curves=$cache/curves
args=(-c "$cache" -g "$curves")
[ -z "${2:-}" ] || args+=(-t "$2")
# shellcheck disable=SC2086
"$1/bench_library" "${args[@]}" ${BENCH_ARGS:-}
for data in glove mnist; do
	grep -q "^# $data " "$curves" || continue
	# One block of the file for each library.
	plots=$(grep "^# " "$curves" | awk -v d="# $data " -v f="$curves" '
		index($0, d) == 1 {
			printf "%s\"%s\" index %d using 1:2 with linespoints title \"%s\"", n++ ? ", " : "", f,
			    NR - 1, substr($0, length(d) + 1)
		}')
	gnuplot <<-EOF
		set terminal svg size 720,480 background "white"
		set output "$cache/$data.svg"
		set title "$data: queries a second on one core, by recall\\\\@10"
		set xlabel "recall\\\\@10"
		set ylabel "queries a second"
		set logscale y
		set grid
		set xrange [0.85:1]
		plot $plots
	EOF
	echo "$cache/$data.svg"
done
