#!/bin/bash
# run.sh BIN TSV PART... - the benchmarks, one after the other; `make bench` calls it.
#
# A part prints its table, and appends its figures to TSV (may be empty) as lines
# `table TAB library TAB data TAB figure TAB value`:
#
#	library		libvec, hnswlib and faiss on two real data sets; plots of recall and speed
#	service		coolvecd, redis-server, sqlite-vec and libvec in the process that asks
#	oneshot		one shell command against 100,000 vectors, and sqlite3's
#	start		from a daemon's start to its first answer, with 34,000 and with 340,000 vectors
#	many		10,000 users with 100 vectors each: start, memory, descriptors, maps
#	large		libvec and hnswlib with 768, 1,536 and 3,072 components, made data
#	growth		the same with 10,000, 100,000 and 1,000,000 vectors of 128; a plot
#	memory		searches when half of the vectors fit into memory
#	instructions	of one query, counted by callgrind
#
# Data, and the indexes of others, are kept in ${XDG_CACHE_HOME:-~/.cache}/coolvec.  BENCH_ARGS goes to
# bench_library as it is.
set -eu
cd "$(dirname "$0")/../.."
bin=$1 tsv=$2
shift 2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec
mkdir -p "$cache"
tsv=$(realpath -m "${tsv:-$cache/figures.tsv}")
: >"$tsv"

# engine TABLE: libvec beside others; the curves go to $cache/curves
engine() {
	# shellcheck disable=SC2086
	"$bin/bench_library" -c "$cache" -g "$cache/curves" -t "$tsv" ${BENCH_ARGS:-} "$1"
}

# plot NAME XLABEL YLABEL SETTINGS PLOTS: $cache/NAME.svg
plot() {
	gnuplot <<-END
		set terminal svg size 720,480 background "white"
		set output "$cache/$1.svg"
		set xlabel "$2"
		set ylabel "$3"
		set logscale y
		set grid
		$4
		plot $5
	END
	echo "$cache/$1.svg"
}

# One block of the file of curves for each library.
plot_recall() {
	local plots
	plots=$(grep "^# " "$cache/curves" | awk -v d="# $1 " -v f="$cache/curves" '
		index($0, d) == 1 {
			printf "%s\"%s\" index %d using 1:2 with linespoints title \"%s\"", n++ ? ", " : "", f,
			    NR - 1, substr($0, length(d) + 1)
		}')
	[ -z "$plots" ] || plot "$1" 'recall\\@10' "queries a second" \
		"set title \"$1: queries a second on one core, by recall\\\\@10\"; set xrange [0.85:1]" "$plots"
}

# Microseconds a query by the number of vectors: a table, and a plot.
tell_growth() {
	awk -F'\t' -v out="$cache/growth" '
		$1 == "growth" && $4 ~ /^us@/ {
			split(substr($3, 10), size, "x")
			us[$2, size[1], $4] = $5
			seen[size[1]] = 1
		}
		END {
			printf "\nmicroseconds a query at recall@10 .90 .95 .99\n%-10s %26s %26s\n", "vectors", "coolvec", "hnswlib"
			for (n = 10000; n <= 1000000; n *= 10) {
				if (!(n in seen)) continue
				printf "%-10d %8.0f %8.0f %8.0f %8.0f %8.0f %8.0f\n", n, us["coolvec", n, "us@.90"],
				    us["coolvec", n, "us@.95"], us["coolvec", n, "us@.99"], us["hnswlib", n, "us@.90"],
				    us["hnswlib", n, "us@.95"], us["hnswlib", n, "us@.99"]
				print n, us["coolvec", n, "us@.95"], us["hnswlib", n, "us@.95"] >out
			}
		}' "$tsv"
	plot growth vectors "microseconds a query" "set title \"microseconds a query at recall\\\\@10 0.95, by vectors\"; set logscale x; set yrange [1:]" \
		"\"$cache/growth\" using 1:2 with linespoints title \"coolvec\", \"\" using 1:3 with linespoints title \"hnswlib M=16\""
}

# What cannot be run here says so and is left out.
optional() {
	local status=0
	"$@" || status=$?
	[ "$status" = 0 ] || [ "$status" = 77 ] || exit "$status"
}

for part in "$@"; do
	case $part in
	library)
		tests/bench/data.sh "$bin/bench_convert" >/dev/null
		engine library
		plot_recall glove
		plot_recall mnist
		;;
	service)
		echo
		optional tests/bench/service.sh "$bin/service" 100000 2 "$tsv"
		;;
	oneshot)
		echo
		optional tests/bench/oneshot.sh 100000 200 "$tsv"
		;;
	start)
		for n in 34000 340000; do
			echo
			tests/bench/start.sh $n 5 "$tsv"
		done
		;;
	many)
		echo
		tests/bench/many.sh 10000 "$tsv"
		;;
	large) engine large ;;
	growth)
		engine growth
		tell_growth
		;;
	memory) optional tests/bench/memory.sh "$bin" "$tsv" ;;
	instructions)
		for data in glove mnist; do
			echo
			FRESH=yes optional tests/bench/instructions.sh "$bin" $data default 40 100 "$tsv"
		done
		;;
	*)
		echo "run.sh: no part $part" >&2
		exit 2
		;;
	esac
done
