#!/bin/bash
# run.sh - recall beside hnswlib: on random vectors, and on 10,000 real texts that a daemon embedded.
#
# Exits 0 when libvec is not under hnswlib anywhere, 1 when it is, 77 when it cannot be run.
set -eu
cd "$(dirname "$0")/../.."
B=$PWD/build/${SAN:-release}
here=$(mktemp -d)
daemon=
# called by the trap
# shellcheck disable=SC2317
cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	rm -rf "$here"
}
trap cleanup EXIT

"$B/tests/recall/recall_hnswlib" || status=1
if ! tests/texts.sh 10500 >"$here/texts" || [ "$(wc -l <"$here/texts")" -lt 2000 ]; then
	echo "there are no texts here"
	exit "${status:-77}"
fi
export XDG_STATE_HOME=$here/state COOLVEC_SOCKET=$here/sock COOLVEC_QUIET=1
unset COOLVEC_TOKEN GOOGLE_API_KEY "${!EMBED@}"
head -c 18 /dev/urandom | base64 >"$here/password"
mkfifo "$here/ready"
"$B/coolvecd" --env /dev/null --data "$here/data" --ready-fd 9 --log-level warn 9>"$here/ready" &
daemon=$!
read -r _ <"$here/ready"
"$B/coolvec" register ada --password-file "$here/password"
"$B/coolvec" login ada --password-file "$here/password"
"$B/coolvec" add - <"$here/texts" >/dev/null
kill "$daemon"
wait "$daemon"
daemon=
"$B/tests/recall/recall_hnswlib" "$here/data/collections/1/vectors.bin" || status=1
exit "${status:-0}"
