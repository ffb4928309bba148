# embed.bash - what the tests of embedding services share: the stand-in, and a daemon that asks it.
#
# shellcheck shell=bash disable=SC2154

load helper

key=AIzaSyTestKeyThatMustNeverBeSeen0123456
script=$place/script asked=$place/asked

# The stand-in; where it is, without a path, is in $service.  --tls: with a certificate of its own.
standin_start() {
	local scheme=http port tls=()
	if [ "${1-}" = --tls ]; then
		scheme=https
		tls=("$place/tls.pem" "$place/tls.key")
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
			-keyout "${tls[1]}" -out "${tls[0]}" 2>/dev/null
	fi
	rm -f "$place/port"
	mkfifo "$place/port"
	"$build/tests/embed/standin" "$place/port" "$script" "$asked" "${tls[@]}" 3>&- 2>>"$place/log" &
	export standin=$!
	read -r port <"$place/port"
	export service=$scheme://127.0.0.1:$port
}

standin_stop() {
	[ -z "${standin-}" ] || { kill "$standin" && wait "$standin"; } || true
	export standin=
}

# What the service does from now on, a line a request; what was asked before is forgotten.
plan() {
	printf '%s\n' "$@" >"$script.new"
	mv "$script.new" "$script"
	: >"$asked"
}

# A daemon with these settings (NAME=VALUE) and no others; one that runs is stopped.
daemon_with() {
	[ -z "${daemon-}" ] || daemon_stop
	unset "${!EMBED@}" GOOGLE_API_KEY
	local setting
	for setting in "$@"; do
		export "${setting?}"
	done
	daemon_start
}

# The settings of Gemini at the stand-in, with short vectors.
gemini() {
	daemon_with GOOGLE_API_KEY="$key" EMBED_BASE_URL="$service/v1beta" EMBED_DIM=16 "$@"
}

# Of the requests so far, what jq says.
requests() {
	jq -c "$@" "$asked"
}

# Texts that the service made vectors of, one a line.
embedded() {
	jq -r 'select(.status == 200 and .action != "gone") | .texts[]' "$asked"
}

# A number of the embedder in `stats`.
stat_of() {
	coolvec stats -c t --json | jq ".daemon.embedder.$1"
}

# The command fails with status 7 and says this; nothing is stored.
unavailable() {
	local before
	before=$(coolvec count -c t)
	run --separate-stderr coolvec add -c t -- "text $BATS_TEST_NUMBER $RANDOM $RANDOM"
	[ "$status" -eq 7 ]
	[[ $stderr == *"$1"* ]]
	[ "$(coolvec count -c t)" = "$before" ]
}

# Neither the key nor a good part of it is in these files and folders.
no_key_in() {
	local part
	for part in "$key" "${key:0:14}" "${key:20:12}"; do
		run ! grep -rqaF -- "$part" "$@"
	done
}

# For setup_file: the stand-in, and a user who is logged in.
setup_embed() {
	isolate
	standin_start "$@"
	daemon_with EMBEDDER=local
	log_in
	daemon_stop
}
