# postgres.bash - a PostgreSQL for a file of tests, and a proxy before it for each test.
#
# load helper first, which has root and build.  Where there is no PostgreSQL the tests are skipped with a line that says why.

# shellcheck disable=SC2154

# In setup_file.  The folder is one that the user postgres can reach, and short enough for a socket.
postgres_start() {
	export pgdir server_uri no_postgres=
	pgdir=$(mktemp -d /tmp/coolvec-pg-XXXXXX)
	local status=0
	server_uri=$("$root/tests/postgres.sh" start "$pgdir") || status=$?
	if [ "$status" = 77 ]; then no_postgres=$server_uri; return 0; fi
	return "$status"
}

postgres_stop() {
	if [ -n "$no_postgres" ]; then rm -rf "$pgdir"; else "$root/tests/postgres.sh" stop "$pgdir"; fi
}

server() {
	"$root/tests/postgres.sh" "$1" "$pgdir" "${@:2}"
}

# In setup: an empty database, and a proxy that DB_URI leads through.
proxy_start() {
	[ -z "$no_postgres" ] || skip "$no_postgres"
	server psql -c "SET client_min_messages = error" -c "DROP SCHEMA IF EXISTS coolvec CASCADE"
	proxydir=$(mktemp -d /tmp/coolvec-px-XXXXXX)
	mkfifo "$proxydir/in" "$proxydir/out"
	"$build/tests/cli/pgproxy" "$proxydir" "$pgdir" <"$proxydir/in" >"$proxydir/out" 3>&- 4>&- &
	proxy_pid=$!
	exec 5>"$proxydir/in" 6<"$proxydir/out"
	read -r _ <&6
	export DB_URI="postgresql://postgres@/coolvec?host=$proxydir"
}

proxy_stop() {
	[ -n "${proxy_pid:-}" ] || return 0
	exec 5>&- 6<&-
	kill "$proxy_pid" || true
	wait "$proxy_pid" || true
	rm -rf "$proxydir"
	proxy_pid=
}

# Tell the proxy, and wait until it obeys.
proxy() {
	printf '%s\n' "$1" >&5
	read -r _ <&6
}

# Wait until what is to be lost was.
proxy_happened() {
	read -r -t 30 _ <&6
}

# Until the daemon has its database again: at most a second between two of its tries.
wait_database() {
	local give_up=$((SECONDS + 30))
	until coolvec list --limit 1 >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$give_up" ]
		sleep 0.01
	done
}
