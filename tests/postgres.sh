#!/bin/bash
# postgres.sh - a PostgreSQL of the tests' own, in a temporary folder and on a UNIX socket there.
#
# usage: postgres.sh start DIR	make DIR and a server in it; prints the URI of an empty database
#        postgres.sh stop DIR	stop it (fast) and remove DIR
#        postgres.sh kill DIR	stop it as a crash would; DIR stays
#        postgres.sh again DIR	start it again
#        postgres.sh psql DIR [argument...]
#
# Root runs it as the user postgres, whom Debian's package made, for the server refuses root.  Status
# 77, and a line that says why, when there is no PostgreSQL.  No cluster of the system is touched.
set -u
cd / || exit 1		# the server's user cannot be where its caller is

as_server() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=postgres --regid=postgres --clear-groups env -i PATH="$PATH" LC_ALL=C "$@"
	else
		LC_ALL=C "$@"
	fi
}

bin=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
bin=${bin%/initdb}
[ -n "$bin" ] || { echo "there is no PostgreSQL (apt install postgresql)"; exit 77; }
if [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then
	echo "there is no user postgres to run a server as"
	exit 77
fi
verb=$1 dir=$2
shift 2

# Nothing waits by the clock: pg_ctl returns when the server serves.  Descriptors of bats stay here.
serve() {
	as_server "$bin/pg_ctl" -D "$dir/data" -w -t 60 -s -l "$dir/log" start </dev/null \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- \
		>"$dir/out" 2>&1 || { cat "$dir/out" "$dir/log" >&2; exit 1; }
}

case $verb in
start)
	mkdir -p "$dir"
	chmod 755 "$dir"
	[ "$(id -u)" != 0 ] || chown postgres "$dir"
	as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N \
		>"$dir/out" 2>&1 || { cat "$dir/out" >&2; exit 1; }
	cat >>"$dir/data/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$dir'
		max_connections = 20
		shared_buffers = 16MB
		autovacuum_naptime = 10s
	END
	serve
	as_server "$bin/createdb" -h "$dir" -U postgres coolvec
	echo "postgresql://postgres@/coolvec?host=$dir"
	;;
stop)
	as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop >/dev/null 2>&1
	rm -rf "$dir"
	;;
kill) as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop ;;
again) serve ;;
psql) as_server "$bin/psql" -h "$dir" -U postgres -qAtX -d coolvec "$@" ;;
esac
