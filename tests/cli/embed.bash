# embed.bash - what the tests of embedding services share: the stand-in, and a daemon that asks it.

load helper

key=AIzaSyTestKeyThatMustNeverBeSeen0123456

# The stand-in; its address without the path is in $service.  --tls: with a certificate of the test's own.
standin_start() {
	local port scheme=http
	export script=$place/script asked=$place/asked
	rm -f "$place/port"
	mkfifo "$place/port"
	: >"$script"
	if [ "${1-}" = --tls ]; then
		scheme=https
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
			-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$place/tls.key" \
			-out "$place/tls.pem" 2>/dev/null
		set -- "$place/tls.pem" "$place/tls.key"
	else
		set --
	fi
	"$build/tests/embed/standin" "$place/port" "$script" "$asked" "$@" 3>&- 2>>"$place/log" &
	export standin=$!
	read -r port <"$place/port"
	export service=$scheme://127.0.0.1:$port
}

standin_stop() {
	[ -z "${standin-}" ] || kill "$standin"
	wait "$standin" || true
	export standin=
}

# What the service does from now on; the counting of requests and texts begins anew.
plan() {
	standin_stop
	standin_start
	printf '%s\n' "$@" >"$script"
}

# Requests asked so far, as jq sees them.
requests() {
	jq -c "$@" "$asked"
}

# Texts that got a vector, one a line.
embedded() {
	jq -r 'select(.status == 200 and .action != "gone") | .texts[]' "$asked"
}

# Neither the key nor a good part of it is in what is kept or said.
no_key_in() {
	local part
	for part in "$key" "${key:0:12}" "${key:20:12}"; do
		run ! grep -rqaF -- "$part" "$@"
	done
}
