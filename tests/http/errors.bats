#!/usr/bin/env bats
# errors.bats - what is refused, with which status and under which name.

load helper

setup_file() {
	isolate
	daemon_start
	shim_start --allow-host vec.example
	log_in
	export token
	tell POST /collections '{"name":"points","embedder":"none","dim":2}'
	answered 201
}

teardown_file() {
	shim_stop
	daemon_stop
}

setup() {
	isolate
}

# Bytes to the shim as they are; what it says.  The client keeps its half open, as clients do.
raw() {
	printf "$@" | timeout 20 socat -t "${wait:-2}" - "TCP:127.0.0.1:$port,shut-none"
}

# The parameter an error blames.
parameter() {
	[ "$(jq -r .parameter <<<"$body")" = "$1" ] || { echo "$body"; return 1; }
}

@test "no token, and one that is none: 401 and Bearer" {
	good=$token
	for token in '' nonsense; do
		ask GET /vec/count
		answered 401 unauthenticated
		[ "$(header WWW-Authenticate)" = Bearer ]
	done
	token=$good
}

# Each closed route as /openapi.json exemplifies it, with a token, as a request of a file for curl -K.
closed_routes() {
	curl -sS "$url/openapi.json" | jq -r --arg url "$url" --arg token "$1" '.paths | to_entries[] | .key as $path |
		.value | to_entries[] | select(.value.security != []) | .value + {method: .key} |
		(reduce (.parameters[]? | select(.in == "path")) as $p
			($path; sub("\\{" + $p.name + "\\}"; $p.example | tostring))) as $path |
		([.parameters[]? | select(.in == "query" and has("example")) | "\(.name)=\(.example | tostring | @uri)"] |
			join("&")) as $query |
		"next", "silent", "output = /dev/null", "write-out = \("%{http_code} \(.method) \($path)\n" | @json)",
		"url = \("\($url)\($path)?\($query)" | @json)", "request = \(.method | ascii_upcase)",
		(if $token == "" then empty else "header = \("Authorization: Bearer \($token)" | @json)" end),
		(.requestBody.content."application/json"?.example | select(. != null) |
			"header = \"Content-Type: application/json\"", "data-binary = \(tojson | @json)")'
}

@test "every route but the open ones x no token, forged, altered, revoked: 401" {
	local revoked bad before
	ask POST /auth/login -d username=ada --data-urlencode 'password=correct horse battery'
	revoked=$(jq -r .access_token <<<"$body")
	before=$(curl -sS -H "Authorization: Bearer $token" "$url/collections" | jq -S .)
	curl -sS -X POST -H "Authorization: Bearer $revoked" "$url/auth/logout" | jq -e .username
	for bad in '' nonsense "eyJhbGciOiJub25lIn0.$(cut -d. -f2 <<<"$token")." "${token%.*}.$(rev <<<"${token##*.}")" "$revoked"; do
		closed_routes "$bad" | sed 1d >routes
		[ "$(grep -c ^url routes)" -ge 25 ]
		curl -K routes >codes
		[ "$(grep -c '^401 ' codes)" = "$(grep -c ^url routes)" ] || { echo "token \"$bad\":"; grep -v '^401 ' codes; false; }
	done
	[ "$(curl -sS -H "Authorization: Bearer $token" "$url/collections" | jq -S .)" = "$before" ]
	ask GET /auth/me
	answered 200
}

@test "another scheme than Bearer is no token" {
	good=$token token=
	ask GET /vec/count -H "Authorization: Basic $good"
	answered 401 unauthenticated
	ask GET /vec/count -H "authorization: bearer $good"
	answered 200
}

@test "a wrong password and an unknown name: 401 bad_credentials" {
	for user in ada nobody; do
		ask POST /auth/login -d username=$user -d password=wrong
		answered 401 bad_credentials
		[ "$(header WWW-Authenticate)" = Bearer ]
	done
}

@test "a name that is taken: 409" {
	tell POST /auth/register '{"username":"ada","password":"correct horse battery"}'
	answered 409 exists
}

@test "nothing at a path: 404, whoever asks" {
	ask GET /nowhere
	answered 404 not_found
	ask GET /vec/add/
	answered 404 not_found
	ask GET /a/b/c/d/e/f
	answered 404 not_found
}

@test "no such vector or collection: 404" {
	ask GET '/vec/similarity?vec_id=12345'
	answered 404 not_found
	ask DELETE '/vec/delete?vec_id=12345'
	answered 404 not_found
	ask GET '/vec/count?collection=none'
	answered 404 not_found
}

@test "a wrong verb: 405 and Allow" {
	ask GET /vec/add
	answered 405 method_not_allowed
	[ "$(header Allow)" = "POST, OPTIONS" ]
	ask PUT /vec/0
	answered 405
	[ "$(header Allow)" = "GET, HEAD, PATCH, DELETE, OPTIONS" ]
}

@test "a body that is not JSON: 400 bad_json" {
	for json in '{"text":' '[]' '{"text":"a","text":"b"}' '"text"' "$(printf '{"meta":%065d}' 0 | tr 0 '[')"; do
		tell POST /vec/add "$json"
		answered 400 bad_json
	done
}

@test "a bad line of a batch is named" {
	ask POST /vec/batch -H 'Content-Type: application/x-ndjson' --data-binary $'{"text":"a"}\n{"text"\n'
	answered 400 bad_json
	[[ "$(jq -r .detail <<<"$body")" == "line 2:"* ]]
}

@test "a body of another type: 415" {
	ask POST /vec/add -d text=a
	answered 415 unsupported_media_type
	ask POST /vec/add -H 'Content-Type: text/plain' -d '{"text":"a"}'
	answered 415 unsupported_media_type
	ask POST /vec/add -H 'Content-Type:' -d '{"text":"a"}'
	answered 415 unsupported_media_type
}

@test "a body where none is taken: 400" {
	ask DELETE /vec/1 -H 'Content-Type: application/json' -d '{}'
	answered 400 bad_request
}

@test "a parameter that is missing: 422 names it" {
	tell POST /vec/add '{}'
	answered 400 bad_request
	ask POST /vec/similarity
	answered 422 invalid_parameter
	parameter vec_id
	ask GET '/vec/distance?id1=0'
	answered 422 invalid_parameter
	parameter id2
	ask POST /auth/login -d username=ada
	answered 422 invalid_parameter
	parameter password
}

@test "a parameter that cannot be: 422 names it" {
	while read -r name query; do
		ask GET "/vec/similarity?$query"
		answered 422 invalid_parameter
		parameter "$name"
	done <<-'END'
		vec_id vec_id=
		vec_id vec_id=-1
		vec_id vec_id=1.5
		vec_id vec_id=99999999999999999999
		k vec_id=0&k=0
		k vec_id=0&k=10001
		ef vec_id=0&ef=x
		exact vec_id=0&exact=maybe
		metric vec_id=0&metric=hamming
		fields vec_id=0&fields=text,color
		collection vec_id=0&collection=a%20b
		colour vec_id=0&colour=red
		vec_id vec_id=0&vec_id=1
	END
}

@test "a member that cannot be: 422 names it" {
	while read -r name json; do
		tell POST /vec/search "$json"
		answered 422 invalid_parameter
		parameter "$name"
	done <<-'END'
		text {"text":7}
		text {"text":""}
		vector {"vector":{}}
		k {"text":"a","k":"5"}
		k {"text":"a","k":true}
		fields {"text":"a","fields":[]}
		colour {"text":"a","colour":"red"}
	END
}

@test "an id that is none, in a path: 422" {
	ask GET /vec/twelve
	answered 422 invalid_parameter
	parameter id
}

@test "a parameter in query and body: 422" {
	tell POST '/vec/add?collection=points' '{"text":"a","collection":"points"}'
	answered 422 invalid_parameter
	parameter collection
}

@test "an Idempotency-Key that is too long: 422" {
	tell POST /vec/add '{"text":"a"}' -H "Idempotency-Key: $(printf '%0129d' 0)"
	answered 422 invalid_parameter
	parameter Idempotency-Key
}

@test "what contradicts itself: 400" {
	tell POST /vec/search '{"text":"a","id":1}'
	answered 400 bad_request
	tell POST /vec/delete '{}'
	answered 400 bad_request
}

@test "a vector of another dim, a text without an embedder: 422" {
	tell POST '/vec/add?collection=points' '{"vector":[1,2,3]}'
	answered 422 dimension_mismatch
	tell POST '/vec/add?collection=points' '{"text":"a"}'
	answered 422 space_mismatch
}

@test "escapes that are none, and an escaped NUL: 400" {
	for target in /vec/%zz '/vec?limit=%4' /vec/%00 '/vec?limit=%00'; do
		ask GET "$target"
		answered 400 bad_request
	done
}

@test "bytes that are not UTF-8 are refused" {
	ask GET '/vec?collection=%ff'
	answered 422 invalid_parameter
	ask GET '/vec?%ff=1'
	answered 422 invalid_parameter
	tell POST /vec/add $'{"text":"\xff"}'
	answered 400 bad_json
}

@test "too many parameters: 400" {
	ask GET "/vec?$(seq -s '&' 40)"
	answered 400 bad_request
}

# --- who may ask ------------------------------------------------------------------------------------

@test "a foreign Host: 403; a name that was let in, localhost and addresses are served" {
	for host in evil.example localhost.evil.example 127.0.0.1.evil.example '' '[::1' 'localhost:x'; do
		ask GET /healthz -H "Host: $host"
		[ "$status" = 403 ] || [ "$status" = 400 ] || { echo "$host: $status"; false; }
	done
	ask GET /healthz -H 'Host: evil.example'
	answered 403 forbidden
	for host in vec.example VEC.example:8000 localhost 127.0.0.1:1 '[::1]:8000' 10.1.2.3; do
		ask GET /healthz -H "Host: $host"
		answered 200
	done
}

@test "a foreign Origin: 403; a page of our own may ask" {
	for origin in http://evil.example null "http://127.0.0.1:1" "file://127.0.0.1:$port"; do
		ask GET /healthz -H "Origin: $origin"
		answered 403 forbidden
	done
	ask GET /healthz -H "Origin: $url"
	answered 200
	ask GET /healthz -H 'Host: vec.example' -H 'Origin: https://vec.example'
	answered 200
}

@test "nobody else's pages are told that they may read" {
	ask OPTIONS /vec/add -H "Origin: $url" -H 'Access-Control-Request-Method: POST'
	[ -z "$(header Access-Control-Allow-Origin)" ]
}

# --- lengths that two readers could read in two ways ------------------------------------------------

@test "Content-Length twice: 400, and the connection ends" {
	for lengths in '2\r\nContent-Length: 2' '2\r\nContent-Length: 9'; do
		output=$(raw "POST /vec/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: $lengths\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		[ "$(grep -c '^HTTP/1.1' <<<"$output")" = 1 ]
		grep -q '^HTTP/1.1 400' <<<"$output"
	done
}

@test "Content-Length beside Transfer-Encoding: 400, and the connection ends" {
	output=$(raw 'POST /vec/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
	[ "$(grep -c '^HTTP/1.1' <<<"$output")" = 1 ]
	grep -q '^HTTP/1.1 400' <<<"$output"
}

@test "another Transfer-Encoding than chunked, and a length that is none: 400" {
	for header in 'Transfer-Encoding: gzip' 'Transfer-Encoding: chunked, identity' 'Content-Length: -1' \
		'Content-Length: 1,1' 'Content-Length: 0x1' 'Content-Length: +1'; do
		output=$(raw "POST /vec/add HTTP/1.1\r\nHost: localhost\r\n$header\r\n\r\n0\r\n\r\n")
		grep -q '^HTTP/1.1 4' <<<"$output" || { echo "$header: $output"; false; }
		run ! grep -q "^HTTP/1.1 2" <<<"$output"
	done
}

@test "Host or Authorization twice: 400" {
	output=$(raw 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n')
	grep -q '^HTTP/1.1 400' <<<"$output"
	output=$(raw 'GET /auth/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n')
	grep -q '^HTTP/1.1 400' <<<"$output"
}

@test "no Host: 400" {
	output=$(raw 'GET /healthz HTTP/1.1\r\n\r\n')
	grep -q '^HTTP/1.1 400' <<<"$output"
}

@test "a refused body is not taken for the next request" {
	smuggled='GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
	for head in 'POST /nowhere' 'PUT /vec/add' 'DELETE /vec/1' 'PATCH /vec/1' 'GET /healthz' 'POST /vec/add'; do
		output=$(raw "$head HTTP/1.1\r\nHost: localhost\r\nContent-Length: 42\r\n\r\n$smuggled")
		[ "$(grep -c '^HTTP/1.1' <<<"$output")" = 1 ] || { echo "$head: $output"; false; }
	done
}

@test "a chunked body is taken" {
	wait=15	# a password is looked at, which takes a while on a busy machine
	output=$(raw "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nc\r\nusername=ada\r\n1f\r\n&password=correct+horse+battery\r\n0\r\n\r\n")
	grep -q "^HTTP/1.1 200" <<<"$output" || { echo "$output"; false; }
}
