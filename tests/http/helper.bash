# helper.bash - what the tests of coolvec-http share.
#
# Each file has a daemon and a shim of its own, on a folder and a socket of its own and on a port
# that the system picked.  Both are started with --ready-fd, so nothing ever waits by the clock.

bats_require_minimum_version 1.5.0

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
build=$root/build/${SAN:-release}
export npm=$root/build/npm
export PATH=$PATH:$root/build/debs/usr/bin:$root/build/debs/usr/sbin:/usr/sbin
place=${BATS_FILE_TMPDIR:-${PLACE:-}}

isolate() {
	unset "${!COOLVEC_@}" "${!EMBED@}" "${!HTTP_@}" "${!XDG_@}" GOOGLE_API_KEY
	export COOLVEC_SOCKET=$place/sock
	# a sanitizer reads and starts what the sandbox refuses
	[ "${SAN:-release}" = release ] || export COOLVEC_SANDBOX=no
	cd "$place" || return
}

daemon_start() {
	local ready=$place/ready
	rm -f "$ready"
	mkfifo "$ready"
	"$build/coolvecd" --env /dev/null --data "$place/data" --socket "$COOLVEC_SOCKET" \
		--ready-fd 9 9>"$ready" 3>&- 7>&- 8>&- 2>>"$place/daemon.log" &
	export daemon=$!
	read -r _ <"$ready" || { cat "$place/daemon.log" >&2; return 1; }
}

daemon_stop() {
	kill -TERM "$daemon"
	wait "$daemon" || { cat "$place/daemon.log" >&2; return 1; }
	export daemon=
}

# Start the shim with options; $url is where it serves.
shim_start() {
	local ready=$place/shim.ready at
	rm -f "$ready"
	mkfifo "$ready"
	"$build/coolvec-http" --env /dev/null --listen 127.0.0.1:0 "$@" \
		--ready-fd 9 9>"$ready" 3>&- 7>&- 8>&- 2>>"$place/shim.log" &
	export shim=$!
	read -r at <"$ready" || { cat "$place/shim.log" >&2; return 1; }
	export url=http://$at port=${at##*:}
}

shim_stop() {
	kill -TERM "$shim"
	wait "$shim" || { cat "$place/shim.log" >&2; return 1; }
	export shim=
}

# A request: ask METHOD PATH [curl options...].  The status is in $status, the body in $body, the
# headers in the file $place/headers.
ask() {
	local method=$1 path=$2
	shift 2
	status=$(curl -sS -o "$place/body" -D "$place/headers" -w '%{http_code}' -X "$method" \
		${token:+-H "Authorization: Bearer $token"} "$@" "$url$path")
	body=$(cat "$place/body")
}

# The same with a JSON body.
tell() {
	local method=$1 path=$2 json=$3
	shift 3
	ask "$method" "$path" -H 'Content-Type: application/json' --data-binary "$json" "$@"
}

# The header of the last answer.
header() {
	sed -n "s/^$1: //Ip" "$place/headers" | tr -d '\r'
}

# What must hold of the last answer: its status, and its error's name when it is one.
answered() {
	[ "$status" = "$1" ] || { echo "status $status, not $1: $body"; return 1; }
	[ -z "${2:-}" ] || [ "$(jq -r .error <<<"$body")" = "$2" ] || { echo "not $2: $body"; return 1; }
}

# A user, logged in: $token.
log_in() {
	local name=${1:-ada}
	token=
	tell POST /auth/register "{\"username\":\"$name\",\"password\":\"correct horse battery\"}"
	answered 201
	ask POST /auth/login -d "username=$name" --data-urlencode 'password=correct horse battery'
	answered 200
	token=$(jq -r .access_token <<<"$body")
}
