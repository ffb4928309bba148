# wire.bash - what the tests that speak the protocol themselves share.
#
# Each file has a daemon of its own, on a folder and a socket of its own.  It is started with
# --ready-fd, so nothing ever waits by the clock for it to be there.
#
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/cli/database.bash
. "$root/tests/cli/database.bash"
build=$root/build/${SAN:-release}

# A folder of this file's own, and nobody else's settings.
place() {
	unset "${!COOLVEC_@}" "${!EMBED@}" GOOGLE_API_KEY DB_URI SECRET_KEY ALGORITHM ACCESS_TOKEN_EXPIRE_MINUTES VEC_DB_PATH
	export dir=$BATS_FILE_TMPDIR
	export sock=$dir/s data=$dir/data log=$dir/log
	export COOLVEC_SNAPSHOT_DIRS=$dir
	# a sanitizer reads and starts what the sandbox refuses
	[ "${SAN:-release}" = release ] || export COOLVEC_SANDBOX=no
	export PATH=$build/tests/cli:$PATH
	mkdir -p "$dir"
	on_test_database
}

# Start a daemon; it serves when this returns.  Arguments of the form NAME=VALUE are settings, the
# others options.  Its standard error goes to $log.
serve() {
	local settings=()
	while [[ ${1-} =~ ^[A-Z_]+= ]]; do
		settings+=("$1")
		shift
	done
	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	env "${settings[@]}" "$build/coolvecd" --env /dev/null --data "$data" --socket "$sock" \
		--ready-fd 9 "$@" 9>"$dir/ready" 3>&- 2>>"$log" &
	daemon=$!
	export daemon
	read -r _ <"$dir/ready" || { tail -n 5 "$log" >&2; return 1; }
}

# Stop it as an administrator would; it must end well.
stop() {
	kill -TERM "$daemon"
	wait "$daemon" || { tail -n 5 "$log" >&2; return 1; }
}

# Kill what a failed test may have left.
cleanup() {
	[ -z "${daemon-}" ] || kill -KILL "$daemon" 2>/dev/null || true
}

# Lines of standard input to the daemon, its answers to standard output; arguments are wirecat's.
# shellcheck disable=SC2120
wire() {
	wirecat "$@" "$sock"
}

# request OP [ARGS [TOKEN]]: one request; the token of this file's user unless told.
request() {
	jq -nc --arg op "$1" --argjson args "${2:-{\}}" --arg token "${3-$token}" \
		'{op: $op, args: $args} + (if $token == "" then {} else {token: $token} end)'
}

# ask OP [ARGS [TOKEN]]: the answer.
ask() {
	# shellcheck disable=SC2119
	request "$@" | wire
}

# works OP [ARGS [TOKEN]]: the result, members in order of name; fails when it is an error.
works() {
	ask "$@" | jq -Sce 'if .ok == true then .result else (. | halt_error(1)) end'
}

# fails NAME OP [ARGS [TOKEN]]: the sentence of the error, which must have that name.
fails() {
	local name=$1 answer
	shift
	answer=$(ask "$@")
	jq -re --arg name "$name" 'select(.ok == false and .error.name == $name and (has("result") | not))
		| .error.message | select(length > 0)' <<<"$answer" || { echo "$* -> $answer" >&2; return 1; }
}

# pings: the daemon still serves.
pings() {
	[ "$(ask ping '{}' '' | jq -c .ok)" = true ]
}

# account NAME: register and log in; prints the token.
account() {
	works register "{\"username\":\"$1\",\"password\":\"a long password\"}" '' >/dev/null
	login "$1"
}

login() {
	works login "{\"username\":\"$1\",\"password\":\"a long password\"}" '' | jq -r .access_token
}

# same EXPECTED ACTUAL: equal, or say both.
same() {
	[ "$1" = "$2" ] || { printf 'expected: %s\nis:       %s\n' "$1" "$2" >&2; return 1; }
}

# soon COMMAND...: try until it succeeds, at most 60 seconds (or $patience); for what happens by itself.
soon() {
	local patience=${patience:-60} end
	end=$((SECONDS + patience))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not within $patience s: $*" >&2; return 1; }
		sleep 0.05
	done
}
