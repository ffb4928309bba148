#!/bin/bash
# instructions.sh - how many instructions one query takes, counted by callgrind.
#
# usage: tests/bench/instructions.sh BIN [DATA] [CODES] [EF] [QUERIES] [TSV]	(glove or mnist; glove default 40 100)
#
# BIN is build/release/tests/bench.  The collection is built once and kept in the cache, so that two
# versions of the engine walk the same graph; FRESH=yes builds it anew (by `make bench` it always is).
# Valgrind has no AVX-512 and no AVX-VNNI: what is counted is the path with AVX2.  Prints the
# instructions of a query, and the functions that most of them are in; callgrind's file stays in the
# cache, for callgrind_annotate and kcachegrind.
set -eu
bin=$1 data=${2:-glove} codes=${3:-default} ef=${4:-40} queries=${5:-100} tsv=${6:-}
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }
cache=$(tests/bench/data.sh "$bin/bench_convert")
folder=$cache/query-$data-$codes
[ -z "${FRESH:-}" ] || rm -rf "$folder"
[ -e "$folder/hnsw.index" ] || "$bin/bench_library" -c "$cache" -d "$data" -k none -s "$codes" -1 -n -o "$folder" >&2
out=$cache/callgrind.$data.$codes
valgrind --tool=callgrind --callgrind-out-file="$out" --toggle-collect=counted --quiet \
	"$bin/bench_query" "$cache" "$data" "$codes" "$folder" "$ef" "$queries"
total=$(awk '$1 == "totals:" || $1 == "summary:" { print $2; exit }' "$out")
printf '%s instructions a query\n' "$((total / queries))"
callgrind_annotate "$out" 2>/dev/null | awk '/^-+$/ { next } /Ir .*file:function/ { on = 1; next } on && NF && n++ < 12'
[ -z "$tsv" ] || printf 'instructions\tcoolvec\t%s\t%s,ef=%s\t%s\n' "$data" "$codes" "$ef" "$((total / queries))" >>"$tsv"
