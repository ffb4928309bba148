#!/bin/bash
# serve.sh - the daemon and its HTTP side together, in the foreground, until either of them ends.
#
# usage: cmd/serve.sh BUILD [options of both]		BUILD: the folder of the programs
set -u
build=$1
shift
"$build/coolvecd" "$@" &
daemon=$!
"$build/coolvec-http" "$@" &
http=$!
trap 'kill $http $daemon 2>/dev/null' INT TERM
wait -n
status=$?
kill $http $daemon 2>/dev/null
wait $http
wait $daemon
exit $status
