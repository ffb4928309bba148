#!/bin/bash
# words.sh - the embedder words with GloVe on real text: a table is made as `make words` makes it, in a
# temporary folder, and measured on FILE by stsb.
#
# usage: words.sh FILE
#
# Exits as stsb does; 77 also when GloVe cannot be had.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
B=$PWD/build/${SAN:-release}
[ -e "$1" ] || { echo "stsb: skipped: there is no $1"; exit 77; }
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cmd/words.sh 2>"$here/why" >"$here/glove"
case $? in
0) ;;
77) tail -n 1 "$here/why"; exit 77 ;;
*) cat "$here/why"; exit 1 ;;
esac
"$B/coolvecd" --env /dev/null --data "$here" --import-words "$here/glove" glove || exit 1
"$B/tests/recall/stsb" "$1" 0 "$here" glove
