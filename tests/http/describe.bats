#!/usr/bin/env bats
# describe.bats - what the shim says of itself is true: /openapi.json, /docs, /metrics, the manual,
# the Postman collection.

load helper

setup_file() {
	isolate
	daemon_start
	shim_start
	curl -sS "$url/openapi.json" >"$place/openapi.json"
	export node_missing
	node_missing=$("$root/tests/http/npm.sh") || true
}

teardown_file() {
	shim_stop
	daemon_stop
}

setup() {
	isolate
}

# Verbs and paths of the table, as "GET /vec/{id}".
described() {
	jq -r '.paths | to_entries[] | .key as $p | .value | keys[] | "\(ascii_upcase) \($p)"' openapi.json
}

@test "every example of /openapi.json is answered as it says" {
	run "$root/tests/http/replay.sh" "$url" <openapi.json
	[ "$status" = 0 ] || { echo "$output"; false; }
	[[ "$output" =~ ^[4-9][0-9]" examples"$ ]]
}

@test "/openapi.json has every row of the table" {
	[ "$(grep -cE '^	\{ "[A-Z]+", "/' "$root/cmd/coolvec-http/routes.c")" = "$(described | wc -l)" ]
}

@test "every operation of the wire has a route, and snapshot has none" {
	# the daemon knows who asks for one by the process that connected, which here is always this one
	sed -n 's/^\t{ "\([a-z_]*\)", ARGS.*/\1/p' "$root/daemon/ops.c" | grep -vx snapshot | sort >ops
	[ "$(wc -l <ops)" -ge 22 ]
	grep -oE '^	\{ "[A-Z]+", "[^"]*", "[a-z_]+"' "$root/cmd/coolvec-http/routes.c" | cut -d'"' -f6 | sort -u >routed
	diff ops routed
}

@test "every argument of an operation has a parameter" {
	sed -n '/^const struct op ops/,/^};/p' "$root/daemon/ops.c" | grep -v snapshot |
		grep -oE '\{ "[a-zA-Z0-9_]+", ARG_' | cut -d'"' -f2 | sort -u >args
	echo where >>args
	[ "$(wc -l <args)" -ge 25 ]
	jq -r '.paths[][] | (.parameters[]?.name, (.requestBody.content[]?.schema.properties? // {} | keys[]))' \
		openapi.json | sort -u >parameters
	while read -r name; do
		grep -qx "$name" parameters || { echo "$name is not there"; false; }
	done <args
}

@test "spectral has nothing to say of /openapi.json" {
	[ -z "$node_missing" ] || skip "$node_missing"
	echo 'extends: ["spectral:oas"]' >.spectral.yaml
	run "$npm/node_modules/.bin/spectral" lint -r "$place/.spectral.yaml" --fail-severity=hint openapi.json
	[ "$status" = 0 ] || { echo "$output"; false; }
}

@test "newman runs the Postman collection without a failure" {
	[ -z "$node_missing" ] || skip "$node_missing"
	run "$npm/node_modules/.bin/newman" run "$root/tests/http/coolvec.postman_collection.json" \
		-e "$root/tests/http/coolvec.postman_environment.json" --env-var "base_url=$url" --color off
	mkdir -p "$build/tests/log"
	printf '%s\n' "$output" >"$build/tests/log/newman.txt"
	sed -n '/executed/,$p' "$build/tests/log/newman.txt" | sed 's/^/# /' >&3
	[ "$status" = 0 ]
}

@test "the Postman collection asks every route and asserts in every request" {
	collection=$root/tests/http/coolvec.postman_collection.json
	jq -r '.item[].item[].request | "\(.method) \(.url)"' "$collection" |
		sed 's/{{base_url}}//; s/?.*//; s/{{[a-z0-9]*}}/0/' | sort -u >asked
	while read -r verb path; do
		pattern=$(sed 's/{[a-z]*}/[^\/]+/' <<<"$path")
		grep -qE "^$verb $pattern$" asked || { echo "$verb $path is not asked"; false; }
	done < <(described)
	[ "$(jq '[.item[].item[] | select([.event[] | select(.listen == "test")] | length == 0)] | length' "$collection")" = 0 ]
}

@test "promtool has nothing to say of /metrics, with and without a daemon" {
	run "$root/tests/http/debs.sh" promtool prometheus
	[ "$status" = 0 ] || skip "$output"
	ask GET /metrics
	run promtool check metrics <body
	[ "$status" = 0 ] && [ -z "$output" ]
	grep -qx 'coolvec_up 1' body
	mkfifo "$BATS_TEST_TMPDIR/ready"
	"$build/coolvec-http" --env /dev/null --listen 127.0.0.1:0 --socket "$BATS_TEST_TMPDIR/none" \
		--ready-fd 9 9>"$BATS_TEST_TMPDIR/ready" 3>&- 2>/dev/null &
	read -r at <"$BATS_TEST_TMPDIR/ready"
	curl -sS "http://$at/metrics" >alone
	kill $!
	wait $!
	run promtool check metrics <alone
	[ "$status" = 0 ] && [ -z "$output" ]
	grep -qx 'coolvec_up 0' alone
}

@test "/metrics has the daemon's numbers and counts requests by operation and error" {
	before=$(curl -sS "$url/metrics" | sed -n 's/^coolvec_http_requests_total{op="whoami",error="unauthenticated"} //p')
	token=
	ask GET /auth/me
	ask GET /metrics
	[ "$(sed -n 's/^coolvec_http_requests_total{op="whoami",error="unauthenticated"} //p' body)" = $((${before:-0} + 1)) ]
	grep -q '^coolvec_http_request_duration_seconds_bucket{op="whoami",le="+Inf"} ' body
	for name in coolvec_vectors coolvec_tail_vectors coolvec_graph_bytes coolvec_file_bytes \
		coolvec_fsyncs_total coolvec_fsync_seconds_total coolvec_embedder_calls_total coolvec_connections; do
		grep -qE "^$name [0-9]" body || { echo "no $name"; false; }
	done
	grep -q '^coolvec_operations_total{op="login",error="ok"} [1-9]' body
	grep -q '^coolvec_operation_duration_seconds_count{op="login"} [1-9]' body
}

@test "/docs shows every route and needs nothing from elsewhere" {
	ask GET /docs
	answered 200
	[ "$(header Content-Type)" = 'text/html; charset=utf-8' ]
	while read -r verb path; do
		grep -qF "<b>$verb</b><code>$path</code>" body || { echo "$verb $path is not there"; false; }
	done < <(described)
	run grep -oiE '(src|href|action)=[^ >]*|url\([^)]*\)|<script|@import|https?://' body
	[ "$output" = 'href="/openapi.json"' ]
}

@test "every route, option and setting is in coolvec-http.8" {
	man=$root/man/coolvec-http.8
	while read -r verb path; do
		grep -qE "^\.It $verb Ta $path( |$)" "$man" || { echo "$verb $path is not there"; false; }
	done < <(described)
	"$build/coolvec-http" --help >help
	for name in $(sed -n 's/^  \([A-Z][A-Z_]*\) .*/\1/p' help); do
		grep -q "^\.It Ev $name$" "$man" || { echo "$name is not there"; false; }
		grep -qE "^#?$name=" "$root/.env.example" || { echo "$name is not in .env.example"; false; }
	done
	for option in $(grep -oE -- '--[a-z-]+' help | sort -u | cut -c3-); do
		grep -qE "^\.It Fl -$option( |$)" "$man" || { echo "--$option is not there"; false; }
	done
}

@test "the defaults in .env.example are those of the program" {
	env -i "$build/coolvec-http" --help >help
	while IFS== read -r name value; do
		grep -qF "($value)" <(grep "^  $name " help) || { echo "$name is not $value by default"; false; }
	done < <(grep -E '^HTTP_[A-Z_]+=' "$root/.env.example")
}

@test "the nginx of coolvec-http.8 works: TLS in front, the client's Host and Origin" {
	run "$root/tests/http/debs.sh" nginx nginx
	[ "$status" = 0 ] || skip "$output"
	command -v openssl >/dev/null || skip "openssl is not installed"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=vec.example -addext subjectAltName=DNS:vec.example 2>/dev/null
	mkfifo "$BATS_TEST_TMPDIR/ready"
	"$build/coolvec-http" --env /dev/null --listen 127.0.0.1:0 --allow-host vec.example \
		--ready-fd 9 9>"$BATS_TEST_TMPDIR/ready" 3>&- 2>/dev/null &
	own=$!
	read -r at <"$BATS_TEST_TMPDIR/ready"
	# The example, with a socket instead of the port 443 and with files of ours.
	{
		[ "$(id -u)" != 0 ] || echo 'user root;'
		printf 'pid %s/nginx.pid;\nerror_log %s/nginx.log;\nevents {}\nhttp {\naccess_log off;\n' "$place" "$place"
		for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/nginx.tmp;\n' $kind "$place"; done
		sed -n '/^server {$/,/^}$/p' "$root/man/coolvec-http.8" |
			sed "s|listen 443 ssl;|listen unix:$place/nginx.sock ssl;|; s|127.0.0.1:8000|$at|
				s|/etc/ssl/private/vec.example.key|$place/key.pem|; s|/etc/ssl/certs/vec.example.pem|$place/cert.pem|"
		echo '}'
	} >nginx.conf
	nginx -p "$place" -c "$place/nginx.conf" 3>&-
	front() { curl -sS --cacert cert.pem --unix-socket nginx.sock "$@"; }
	run front -o body -w '%{http_code}' https://vec.example/healthz -H 'Origin: https://vec.example'
	foreign=$(front -o /dev/null -w '%{http_code}' https://vec.example/healthz -H 'Origin: https://evil.example')
	large=$(head -c 3000000 /dev/zero | tr '\0' a | front -o /dev/null -w '%{http_code}' --data-binary @- \
		-H 'Content-Type: application/json' -H 'Authorization: Bearer x' https://vec.example/vec/add)
	kill "$(cat nginx.pid)"
	kill $own
	wait $own
	[ "$output" = 200 ] || { echo "$output"; cat nginx.log; false; }
	[ "$foreign" = 403 ]
	[ "$large" = 400 ] || { echo "$large"; cat nginx.log; false; }
}
