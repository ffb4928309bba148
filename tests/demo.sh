#!/bin/bash
# demo.sh - coolvec from beginning to end on real text, in a temporary folder.
#
# `make demo` calls this.  The texts are texts.sh's.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/build/release:$PATH
here=$(mktemp -d)
daemon=
cleanup() {
	trap - EXIT
	[ -z "$daemon" ] || { kill "$daemon" 2>/dev/null && wait "$daemon"; } || true
	rm -rf "$here"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(tput bold) plain=$(tput sgr0); else bold="" plain=""; fi
say() { printf "\n%s%s%s\n" "$bold" "$*" "$plain"; }
show() { say "\$ $(printf "%q " "$@" | sed "s/\\\\ / /g; s/ $//")"; "$@"; }

tests/texts.sh >"$here/texts"

export XDG_STATE_HOME=$here/state COOLVEC_SOCKET=$here/coolvecd.sock COOLVEC_QUIET=1
unset COOLVEC_TOKEN GOOGLE_API_KEY "${!EMBED@}"
head -c 18 /dev/urandom | base64 >"$here/password"

say "A daemon on a folder of its own"
mkfifo "$here/ready"
coolvecd --env /dev/null --data "$here/data" --ready-fd 4 --log-level warn 4>"$here/ready" &
daemon=$!
read -r _ <"$here/ready"

show coolvec register ada --password-file "$here/password"
show coolvec login ada --password-file "$here/password"

say "\$ coolvec add - <texts    ($(wc -l <"$here/texts") of them, one a line; the first three:)"
head -n 3 "$here/texts"
start=$(date +%s.%N)
coolvec add --progress - <"$here/texts" >"$here/ids"
awk -v n="$(wc -l <"$here/ids")" -v a="$start" -v b="$(date +%s.%N)" \
	'BEGIN { printf "%d texts embedded, durable and searchable in %.1f s: %d a second\n", n, b - a, n / (b - a) }'

show coolvec similarity --text "edit photographs" -k 5
show coolvec similarity --text "chess game" -k 5
show coolvec similarity --text "compress files" -k 5
show coolvec count

say "The first 36 bytes of vectors.bin"
number=$(coolvec collection show --json | sed 's/.*"number":\([0-9]*\).*/\1/')
od -An -tx1 -N36 -w12 "$here/data/collections/$number/vectors.bin"
field() { od -An "-t$3" -j "$1" -N "$2" "$here/data/collections/$number/vectors.bin" | tr -d ' '; }
printf 'magic %s  version %s  n_vecs %s  dim %s  dtype %s  capacity %s\n' \
	"$(head -c 7 "$here/data/collections/$number/vectors.bin")" "$(field 8 4 u4)" \
	"$(field 12 8 u8)" "$(field 20 8 u8)" "$(field 28 4 u4)" "$(field 32 4 u4)"

say "Stopping"
kill "$daemon"
wait "$daemon" && echo "the daemon saved its graph and stopped; $here is removed"
daemon=
