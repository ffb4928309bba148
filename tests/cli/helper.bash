# helper.bash - what the tests of the command share.
#
# Each file that talks to a daemon has one of its own, on a folder and a socket of its own.  It is
# started with --ready-fd, so nothing ever waits by the clock.

bats_require_minimum_version 1.5.0

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/cli/database.bash
. "$root/tests/cli/database.bash"
build=$root/build/${SAN:-release}

# Where the daemon, its socket and the home are: of the file, or of a test that says so.
place=${BATS_FILE_TMPDIR:-}

# A home that nobody else's settings reach, and `coolvec` on the path.
isolate() {
	unset "${!COOLVEC_@}" "${!EMBED@}" "${!XDG_@}" GOOGLE_API_KEY NO_COLOR COLUMNS
	export HOME=$place/home XDG_STATE_HOME=$place/state TERM=xterm
	export COOLVEC_SOCKET=$place/sock COOLVEC_QUIET=1
	export PATH=$build:$PATH
	mkdir -p "$HOME"
	on_test_database
	cd "$HOME" || return
}

# Start the daemon; it serves when this returns.
daemon_start() {
	local ready=$place/ready
	rm -f "$ready"
	mkfifo "$ready"
	"$build/coolvecd" --env /dev/null --data "$place/data" --socket "$COOLVEC_SOCKET" \
		--ready-fd 9 9>"$ready" 3>&- 7>&- 8>&- 2>>"$place/log" &
	export daemon=$!
	read -r _ <"$ready" || { cat "$place/log" >&2; return 1; }
}

# Stop it as an administrator would; it must end well.
daemon_stop() {
	kill -TERM "$daemon"
	wait "$daemon" || { cat "$place/log" >&2; return 1; }
	export daemon=
}

# A user, logged in.
log_in() {
	printf 'a long password\n' >"$place/password"
	coolvec register ada --password-file "$place/password"
	coolvec login ada --password-file "$place/password"
}

# The collection t, new and empty.
fresh() {
	coolvec collection drop t --yes >/dev/null 2>&1 || true
	coolvec collection create t "$@" >/dev/null
}

# The command on a terminal of 60 columns; what the terminal shows, without its CRs.
on_terminal() {
	script -qec "stty cols 60; $*" /dev/null </dev/null | tr -d '\r'
}

# A daemon that gives these answers, one a request, and hangs up where HANGUP stands instead.  A new
# connection goes on where the last one ended.  What was asked is in $place/asked.
fake() {
	printf '%s\n' "$@" >"$place/answers"
	echo 0 >"$place/answered"
	: >"$place/asked"
	cat >"$place/fake.sh" <<-END
		cd "$place" && n=\$(cat answered)
		while IFS= read -r line; do
			printf '%s\n' "\$line" >>asked
			n=\$((n + 1))
			echo \$n >answered
			answer=\$(sed -n "\${n}p" answers)
			[ "\$answer" != HANGUP ] || exit
			printf '%s\n' "\$answer"
		done
	END
	rm -f "$place/fake"
	socat UNIX-LISTEN:"$place/fake",fork SYSTEM:"bash '$place/fake.sh'" 3>&- &
	fake=$!
	until [ -S "$place/fake" ]; do :; done
	export COOLVEC_SOCKET=$place/fake COOLVEC_TOKEN=none
}

fake_stop() {
	kill "$fake"
	wait "$fake" || true
	fake=
}
