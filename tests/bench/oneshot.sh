#!/bin/bash
# oneshot.sh - one command against 100,000 stored vectors, process start included.
#
# usage: tests/bench/oneshot.sh [vectors] [runs] [TSV]	(100000, 200)
#
# `coolvec similarity` of a stored vector beside sqlite3 with the sqlite-vec extension (from npm) on
# the same 100 components a vector: the five nearest, cosine.  Prints medians in milliseconds, wall;
# exits 1 when coolvec's is over 15, 77 when something to measure with is missing.
set -eu
n=${1:-100000} runs=${2:-200} tsv=${3:-}
[ -z "$tsv" ] || tsv=$(realpath "$tsv")
cd "$(dirname "$0")/../.."
root=$PWD
build=$root/build/release
for tool in hyperfine sqlite3 npm jq; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
vec0=$(tests/bench/sqlite_vec.sh)

place=$(mktemp -d)
daemon=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$daemon" ] || { kill "$daemon"; wait "$daemon" || true; }
	rm -rf "$place"
}
trap finish EXIT
cd "$place"
export COOLVEC_SOCKET=$place/sock XDG_STATE_HOME=$place/state
mkfifo ready
"$build/coolvecd" --env /dev/null --data data --socket sock --ready-fd 9 9>ready 2>daemon.log &
daemon=$!
read -r _ <ready
PATH=$build:$PATH
echo 'a long password' >password
coolvec register ada --password-file password >/dev/null
coolvec login ada --password-file password >/dev/null
awk -v n="$n" 'BEGIN { srand(5); for (i = 0; i < n; i++) { printf "["
	for (j = 0; j < 100; j++) printf "%s%.4f", j ? "," : "", rand() + rand() - 1
	print "]" } }' >vectors
coolvec collection create v --dim 100 --embedder none --metric cosine >/dev/null
sed 's/.*/{"vector":&}/' vectors | coolvec import - --format jsonl -c v -q >/dev/null
until [ "$(coolvec stats -c v --json | jq .tail)" = 0 ]; do sleep 0.2; done
{
	echo ".load $vec0"
	echo 'create virtual table v using vec0(x float[100] distance_metric=cosine); begin;'
	awk '{ printf "insert into v(rowid, x) values (%d, vec_f32(\x27%s\x27));\n", NR, $0 }' vectors
	echo 'commit;'
} | sqlite3 v.db
cat >query.sh <<-END
	exec sqlite3 v.db '.load $vec0' 'select rowid - 1, distance from v where x match (select x from v where rowid = 18) and k = 6'
END

# The same five on both sides, or there is nothing to compare.
near=$(coolvec similarity 17 -k 5 -c v -q | cut -f1 | sort | tr '\n' ' ')
theirs=$(sh query.sh | grep -v '^17|' | cut -d'|' -f1 | sort | tr '\n' ' ')
[ "$near" = "$theirs" ] || echo "coolvec found $near, sqlite-vec (exact) $theirs"

median() {
	hyperfine -N --warmup 20 --runs "$runs" --export-json times "$1" >/dev/null 2>&1
	jq '.results[0].median * 1e5 | round / 100' times
}
ours=$(median "coolvec similarity 17 -k 5 -c v -q")
runs=$((runs / 4)) other=$(median "sh query.sh")
printf 'coolvec similarity  %8s ms\nsqlite3, sqlite-vec %8s ms\n' "$ours" "$other"
[ -z "$tsv" ] || printf 'service\t%s\t%sx100\tcommand_ms\t%s\n' coolvec "$n" "$ours" sqlite-vec "$n" "$other" >>"$tsv"
jq -en "$ours <= 15" >/dev/null
