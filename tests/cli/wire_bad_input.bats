# wire_bad_input.bats - whatever comes, the answer is the error it should be, and the daemon serves on.

load wire

setup_file() {
	place
	serve
	token=$(account ada)
	export token
	works collection_create '{"name":"v","embedder":"none","dim":3}'
	works add '{"collection":"v","items":[{"vector":[1,2,3]},{"vector":[3,2,1]}]}'
	works add '{"text":"the first"}'
}

teardown_file() {
	stop
}

teardown() {
	pings
	same '{"count":2}' "$(works count '{"collection":"v"}')"	# nothing of this file adds anything
	same '{"count":1}' "$(works count)"
}

# answered NAME: each line of standard input, sent as it is, is answered by that error with a null id.
# A ping behind each line, on the same connection, is answered too.
answered() {
	local name=$1
	cat >"$BATS_TEST_TMPDIR/lines"
	[ -s "$BATS_TEST_TMPDIR/lines" ]
	sed 'a {"op":"ping","id":"ping"}' "$BATS_TEST_TMPDIR/lines" | wire >"$BATS_TEST_TMPDIR/answers"
	paste -d '\n' "$BATS_TEST_TMPDIR/lines" <(sed -n 'p;n' "$BATS_TEST_TMPDIR/answers") \
		<(sed -n 'n;p' "$BATS_TEST_TMPDIR/answers") |
		while IFS= read -r line && IFS= read -r answer && IFS= read -r ping; do
			jq -e --arg name "$name" 'keys == ["error","id","ok"] and .id == null and .ok == false and
				.error.name == $name and (.error.message | length > 0)' <<<"$answer" >/dev/null &&
				jq -e '.ok == true and .id == "ping"' <<<"$ping" >/dev/null ||
				{ echo "$line -> $answer, $ping" >&2; return 1; }
		done
}

# token_fails TOKEN: a request with this token, given as JSON, is unauthenticated.
token_fails() {
	printf '{"op":"whoami","token":%s}\n' "$1" | answered unauthenticated
}

@test "what is not JSON" {
	printf '%s\n' '' ' ' '{' '}' '{"op"' '{"op":"ping"' 'ping' '{op:"ping"}' "{'op':'ping'}" '{"op":"ping",}' \
		'{"op":"ping"}{"op":"ping"}' '{"op":"ping"} x' '{"op":"pi' '{"op":"ping","id":01}' '/* */' \
		'GET / HTTP/1.1' '{"op":"ping","id":1e999}' '{"op":"ping","id":9223372036854775808}' |
		answered bad_json
}

@test "JSON that is not an object" {
	printf '%s\n' null true 7 '"ping"' '[]' '[{"op":"ping"}]' | answered bad_json
}

@test "a key twice, at any depth" {
	printf '%s\n' '{"op":"ping","op":"ping"}' '{"op":"whoami","token":"a","token":"b"}' \
		'{"op":"add","args":{"text":"a","text":"b"}}' '{"op":"add","args":{"meta":{"x":{"y":1,"y":2}}}}' |
		answered bad_json
}

@test "32 levels are taken, 33 are not, nor a hundred thousand" {
	local deep
	deep=$(printf '[%.0s' {1..30})$(printf ']%.0s' {1..30})
	printf '{"op":"ping","args":{"x":%s}}\n' "$deep" | answered bad_request	# 32: only the member is bad
	printf '{"op":"ping","args":{"x":[%s]}}\n' "$deep" | answered bad_json
	head -c 100000 /dev/zero | tr '\0' '[' | sed '$a\' | answered bad_json
	head -c 100000 /dev/zero | tr '\0' '[' | sed 's/^/{"op":"ping","args":{"x":/; s/$/\n/' | answered bad_json
}

@test "members that are not described, by name" {
	local long
	printf '%s\n' '{"op":"ping","arg":{}}' '{"op":"ping","ID":1}' '{"op":"ping","user":"ada"}' \
		'{"op":"ping","args":{"verbose":true}}' | answered bad_request
	run -0 fails bad_request count '{"colection":"v"}'
	[[ $output == *'"colection"'* ]]
	long=$(printf 'x\u00e4%.0s' {1..60})	# is cut to fit, inside a character perhaps
	printf '%s\n' "{\"op\":\"ping\",\"$long\":1}" "{\"op\":\"ping\",\"x$long\":1}" \
		"{\"op\":\"ping\",\"args\":{\"$long\":1}}" "{\"op\":\"ping\",\"args\":{\"x$long\":1}}" | answered bad_request
	printf '%s\n' "{\"op\":\"$long\"}" "{\"op\":\"x$long\"}" | answered unknown_op
}

@test "op missing, of another kind, unknown" {
	printf '%s\n' '{}' '{"op":null}' '{"op":7}' '{"op":["ping"]}' '{"args":{}}' | answered bad_request
	printf '%s\n' '{"op":""}' '{"op":"Ping"}' '{"op":"ping "}' '{"op":"ping\u0000"}' '{"op":"drop_all"}' |
		answered unknown_op
}

@test "every argument of every operation, of every wrong kind" {
	jq -nc --arg token "$token" -f "$BATS_TEST_DIRNAME/wire_types.jq" >"$BATS_TEST_TMPDIR/rows"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -gt 500 ]
	jq -c .request "$BATS_TEST_TMPDIR/rows" | wire >"$BATS_TEST_TMPDIR/answers"
	same "$(wc -l <"$BATS_TEST_TMPDIR/rows")" "$(wc -l <"$BATS_TEST_TMPDIR/answers")"
	# the answer has that name and says which argument; a vector is called so wherever it stands
	jq -sc --slurpfile answers "$BATS_TEST_TMPDIR/answers" 'to_entries[] | . as {$key, $value} |
		$answers[$key] as $a | select(($a.ok == false and $a.error.name == $value.want and
			($a.error.message | contains($value.about) or ($value.about == "vector" and test("component")) or
				($value.about == "embedder" and test("embed")))) | not) |
		[$value.request.op, $value.request.args, $a]' "$BATS_TEST_TMPDIR/rows" >"$BATS_TEST_TMPDIR/wrong"
	head -n 20 "$BATS_TEST_TMPDIR/wrong" >&2
	[ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "the table of wrong arguments knows every argument there is" {
	same "$(sed -n '/^const struct op ops/,/^};/p' "$root/daemon/ops.c" |
		grep -oE '^	\{ "[a-z_]+"|\{ "[A-Za-z_0-9]+", ARG_|COLLECTION|REQUEST|WHERE' |
		sed -E 's/COLLECTION/{ "collection"/; s/REQUEST/{ "request_id"/; s/WHERE/{ "where"/; s/.*"(.*)".*/\1/' | sort -u)" \
		"$(jq -nr --arg token x -f "$BATS_TEST_DIRNAME/wire_types.jq" |
			jq -r '.request.op, (.request.args | objects | keys[])' | grep -vx surplus | sort -u)"
}

@test "NaN and infinity, as JSON and inside base64, and a vector of zeros" {
	local v
	for v in NaN Infinity -Infinity nan 1e999; do
		printf '{"op":"add","token":"%s","args":{"collection":"v","vector":[1,2,%s]}}\n' "$token" "$v"
	done | answered bad_json
	# 1, 1, and: NaN, a signalling NaN, infinity, minus infinity
	for v in AACAPwAAgD8AAMB/ AACAPwAAgD8BAKB/ AACAPwAAgD8AAIB/ AACAPwAAgD8AAID/ AAAAAAAAAAAAAAAA AAAAAAAAAIAAAAAA; do
		request add "{\"collection\":\"v\",\"vector\":\"$v\"}"
		request similarity "{\"collection\":\"v\",\"vector\":\"$v\"}"
		request update "{\"collection\":\"v\",\"id\":0,\"vector\":\"$v\"}"
		request add "{\"collection\":\"v\",\"items\":[{\"vector\":\"$v\"}]}"
	done | answered bad_request
}

@test "a vector of another dim" {
	local v
	for v in '[]' '[1,2]' '[1,2,3,4]' '""' '"AACAPwAAgD8="'; do
		request add "{\"collection\":\"v\",\"vector\":$v}"
		request update "{\"collection\":\"v\",\"id\":0,\"vector\":$v}"
		request similarity "{\"collection\":\"v\",\"vector\":$v}"
		request add "{\"collection\":\"v\",\"items\":[{\"vector\":[1,2,3]},{\"vector\":$v}]}"
	done | answered dimension_mismatch
}

@test "ids and collections that are not there" {
	{
		request similarity '{"id":7}'
		request distance '{"id1":0,"id2":7}'
		request update '{"id":7,"text":"x"}'
		request delete '{"id":7}'
		request count '{"collection":"none"}'
		request add '{"collection":"none","text":"x"}'
		request embed '{"collection":"none","texts":["x"]}'
		request prefs '{"collection":"none"}'
		request collection_show '{"name":"none"}'
		request collection_drop '{"name":"none"}'
		printf '{"op":"similarity","token":"%s","args":{"id":9223372036854775807}}\n' "$token"
	} | answered not_found
	printf '{"op":"similarity","token":"%s","args":{"id":9223372036854775808}}\n' "$token" | answered bad_json
}

@test "embedders and dims that cannot be" {
	{
		request collection_create '{"name":"x","embedder":"none"}'
		request collection_create '{"name":"x","embedder":"bert"}'
		request collection_create '{"name":"x","embedder":"Local"}'
		request collection_create '{"name":"x","embedder":"local-and-a-name-that-is-rather-long"}'
		request collection_create '{"name":"x","embedder":"local","dim":63}'
		request collection_create '{"name":"x","dim":4097}'
	} | answered bad_request
	fails not_found collection_show '{"name":"x"}'
}

@test "texts that are empty, blank, too long, or no UTF-8" {
	local t
	for t in '""' '" "' '"\t\n\r "' '"\u00a0\u2003"' '"\u0000"'; do
		request add "{\"text\":$t}"
		request similarity "{\"text\":$t}"
		request embed "{\"texts\":[\"good\",$t]}"
		request update "{\"id\":0,\"text\":$t}"
		request add "{\"items\":[{\"text\":$t}]}"
	done | answered bad_request
	t=$(head -c 1048577 /dev/zero | tr '\0' 'x')
	{
		printf '{"op":"add","token":"%s","args":{"text":"%s"}}\n' "$token" "$t"
		printf '{"op":"similarity","token":"%s","args":{"text":"%s"}}\n' "$token" "$t"
		printf '{"op":"embed","token":"%s","args":{"texts":["%s"]}}\n' "$token" "$t"
		printf '{"op":"add","token":"%s","args":{"items":[{"text":"%s"}]}}\n' "$token" "$t"
	} | answered too_large
	for t in '\xff' '\xc3' '\xc0\xaf' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\xe2\x82'; do
		printf '{"op":"add","token":"%s","args":{"text":"a'"$t"'"}}\n' "$token"
	done | answered bad_json
	printf '{"op":"add","token":"%s","args":{"text":"\\ud800"}}\n' "$token" | answered bad_json
}

@test "a meta over 64 KiB, a key over 255 bytes" {
	local x
	x=$(head -c 65536 /dev/zero | tr '\0' 'x')
	printf '{"op":"add","token":"%s","args":{"text":"a","meta":{"x":"%s"}}}\n' "$token" "$x" | answered too_large
	printf '{"op":"add","token":"%s","args":{"text":"a","key":"%s"}}\n' "$token" "${x:0:256}" | answered bad_request
}

@test "a batch over 10,000" {
	for what in '"add" items {"vector":[1,2,3]}' '"get" ids 0' '"delete" ids 7' '"delete" keys "k"' '"embed" texts "x"'; do
		read -r op name one <<<"$what"
		jq -nc --arg token "$token" --argjson one "$one" "{op: $op, token: \$token,
			args: {collection: \"v\", $name: [range(10001) | \$one]}}"
	done | answered too_large
}

@test "a bad item makes a batch bad, and every bad one is listed" {
	run -0 ask add '{"collection":"v","items":[{"vector":[1,2,3]},{"vector":[1,2]},{"text":"x"},7,{"vector":[1,2,3],"key":"k"},{"vector":[0,0,0]},{"vector":[1,2,3],"key":"k"},{"vector":[1,2,3],"extra":1}]}'
	jq -e '.error.name == "dimension_mismatch" and ([.error.detail.items[] | [.index, .name]] | sort) ==
		[[1,"dimension_mismatch"],[2,"space_mismatch"],[3,"bad_request"],[5,"bad_request"],[6,"bad_request"],
		[7,"bad_request"]] and (.error.detail.items | all(.message | length > 0))' <<<"$output"
	run -0 ask add '{"items":[{"text":"fine"},{"text":" "},{"text":""}]}'
	jq -e '[.error.detail.items[].index] | sort == [1,2]' <<<"$output"
	fails bad_request add '{"text":"x","items":[{"text":"y"}]}'
	fails bad_request add '{}'
	fails bad_request add '{"key":"k"}'
	fails bad_request similarity '{}'
	fails bad_request similarity '{"id":0,"text":"x"}'
}

@test "no token, and tokens that are none" {
	local head body sig
	IFS=. read -r head body sig <<<"$token"
	jq -nc --arg token x -f "$BATS_TEST_DIRNAME/wire_types.jq" | jq -r '.request.op' | sort -u |
		grep -vxE 'ping|metrics|register|login|snapshot' | sed 's/.*/{"op":"&"}/' | answered unauthenticated
	token_fails null
	token_fails '""'
	token_fails '"x"'
	token_fails "\"$head.$body\""
	token_fails "\"$head.$body.\""
	token_fails "\"$token.\""
	token_fails "\" $token\""
	token_fails "\"$token\\u0000\""
	token_fails "\"$head.$body.${sig%?}\""
	token_fails "\"$head.${body}x.$sig\""
	token_fails "\"eyJhbGciOiJub25lIn0.$body.\""		# alg none
	token_fails "\"eyJhbGciOiJub25lIn0.$body.$sig\""
	token_fails "\"$(head -c 100000 /dev/zero | tr '\0' 'x')\""
	printf '{"op":"whoami","token":%s}\n' 7 true '[]' '{}' | answered bad_request
}

@test "tokens forged with the daemon's own key: expired, and of another user" {
	local sid
	sid=$(cut -d. -f2 <<<"$token" | tr '_-' '/+' | base64 -d 2>/dev/null | jq -r .jti || true)
	[ ${#sid} -eq 32 ]
	forge() {	# CLAIMS
		local h b
		h=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
		b=$(printf '%s' "$1" | base64url)
		printf '%s.%s.%s' "$h" "$b" "$(printf '%s.%s' "$h" "$b" |
			openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -tx1 -v "$data/secret.key" | tr -d ' \n')" -binary | base64url)"
	}
	base64url() {
		base64 -w0 | tr '/+' '_-' | tr -d =
	}
	local now good
	now=$(date +%s)
	good="{\"iss\":\"coolvec\",\"sub\":\"ada\",\"jti\":\"$sid\",\"iat\":$now,\"exp\":$((now + 60))}"
	works whoami '{}' "$(forge "$good")"		# the forgery is good enough to be taken
	token_fails "\"$(forge "${good/$((now + 60))/$now}")\""
	token_fails "\"$(forge "${good/ada/eve}")\""
	token_fails "\"$(forge "${good/$sid/0123456789abcdef0123456789abcdef}")\""
	token_fails "\"$(forge "${good/coolvec/other}")\""
	token_fails "\"$(forge "${good/\"exp\":$((now + 60))/\"exp\":\"$((now + 60))\"}")\""
	token_fails "\"$(forge "${good/\"iat\"/\"nbf\":$((now + 30)),\"iat\"}")\""
}

@test "a token of a session that is over" {
	local one
	one=$(account gone)
	works logout '{}' "$one"
	token_fails "\"$one\""
}

@test "the id is echoed: a string, an integer, null" {
	local id
	for id in 7 -7 0 9223372036854775807 -9223372036854775808 '""' '"x"' '"\u0000\u0001\"\\ä"' null \
		"\"$(printf 'x%.0s' {1..128})\"" "\"$(printf '\\u0001%.0s' {1..128})\""; do
		printf '{"id":%s,"op":"ping"}\n' "$id"
	done >"$BATS_TEST_TMPDIR/lines"
	wire <"$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/answers"
	same "$(sed 's/,"op":"ping"}//' "$BATS_TEST_TMPDIR/lines")" \
		"$(sed 's/,"ok":true,.*//' "$BATS_TEST_TMPDIR/answers")"
	sed 's/ping/whoami/' "$BATS_TEST_TMPDIR/lines" | wire >"$BATS_TEST_TMPDIR/answers"	# in errors too
	same "$(sed 's/,"op":"ping"}//' "$BATS_TEST_TMPDIR/lines")" \
		"$(sed 's/,"ok":false,.*//' "$BATS_TEST_TMPDIR/answers")"
	printf '{"op":"ping","id":%s}\n' 1.5 true '[]' '{}' "\"$(printf 'x%.0s' {1..129})\"" | answered bad_request
}

@test "requests sent ahead are answered in order" {
	{
		for i in {1..300}; do
			printf '{"id":%d,"op":"ping"}\n' "$i"
			printf '{"id":"s%d","op":"similarity","token":"%s","args":{"collection":"v","id":0}}\n' "$i" "$token"
			printf '{"id":"e%d","op":"nothing"}\n' "$i"
		done
	} | wire >"$BATS_TEST_TMPDIR/answers"
	same "$(for i in {1..300}; do printf '%d true\ns%d true\ne%d false\n' "$i" "$i" "$i"; done)" \
		"$(jq -r '"\(.id) \(.ok)"' "$BATS_TEST_TMPDIR/answers")"
}

@test "slow requests do not change the order" {
	{
		printf '{"id":1,"op":"login","args":{"username":"ada","password":"a long password"}}\n'
		printf '{"id":2,"op":"ping"}\n'
		printf '{"id":3,"op":"login","args":{"username":"ada","password":"wrong"}}\n'
		printf '{"id":4,"op":"ping"}\n'
	} | wire | jq -c '[.id, .ok]' >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '[1,true]\n[2,true]\n[3,false]\n[4,true]')" "$(cat "$BATS_TEST_TMPDIR/answers")"
}

@test "a line of 16 MiB is taken; one byte more is too_large, and the connection is closed" {
	local n=16777216 start='{"op":"ping","args":{"x":"' end='"}}'
	line() { printf '%s' "$start"; head -c $(($1 - ${#start} - ${#end})) /dev/zero | tr '\0' 'x'; printf '%s\n' "$end"; }
	{ line $n; printf '{"op":"ping"}\n'; } | wire | jq -c '[.ok, .error.name]' >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '[false,"bad_request"]\n[true,null]')" "$(cat "$BATS_TEST_TMPDIR/answers")"
	{ line $((n + 1)); printf '{"op":"ping"}\n'; } | wire | jq -c '[.ok, .error.name]' >"$BATS_TEST_TMPDIR/answers"
	same '[false,"too_large"]' "$(cat "$BATS_TEST_TMPDIR/answers")"
	# the same without any end of line, and 40 MiB of it
	head -c 41943040 /dev/zero | wire -k | jq -c '[.id, .ok, .error.name]' >"$BATS_TEST_TMPDIR/answers"
	same '[null,false,"too_large"]' "$(cat "$BATS_TEST_TMPDIR/answers")"
}

@test "bytes that are no text at all" {
	head -c 3000000 /dev/urandom | tr -d '\n' | wire >"$BATS_TEST_TMPDIR/answers"
	same '' "$(cat "$BATS_TEST_TMPDIR/answers")"		# half a line, and then nothing
	{ head -c 100000 /dev/urandom | tr -d '\n'; echo; printf '{"op":"ping","id":1}\n'; } | wire |
		jq -c '[.id, .ok]' >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '[null,false]\n[1,true]')" "$(cat "$BATS_TEST_TMPDIR/answers")"
	printf '{"op":"ping"}\0\n{"op":"ping"}\n' | wire | jq -c .error.name >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '"bad_json"\nnull')" "$(cat "$BATS_TEST_TMPDIR/answers")"
}

@test "half a line and a close is no request" {
	printf '{"op":"ping"}' | wire >"$BATS_TEST_TMPDIR/answers"
	same '' "$(cat "$BATS_TEST_TMPDIR/answers")"
	printf '{"op":"add","token":"%s","args":{"text":"never"}}' "$token" | wire >"$BATS_TEST_TMPDIR/answers"
	same '' "$(cat "$BATS_TEST_TMPDIR/answers")"
	: | wire
}

@test "who has said all it will say still gets every answer" {
	{
		printf '{"id":1,"op":"login","args":{"username":"ada","password":"a long password"}}\n'
		printf '{"id":2,"op":"ping"}\n{"id":3,"op":"ping"}\n{"id":4,"op":"pi'
	} | wire | jq -c .id >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '1\n2\n3')" "$(cat "$BATS_TEST_TMPDIR/answers")"
}

@test "who hangs up while it is served does no harm" {
	for i in {1..20}; do
		printf '{"op":"login","args":{"username":"ada","password":"wrong"}}\n{"op":"ping"}\n' |
			timeout 0.02 socat -u - UNIX-CONNECT:"$sock" || true
	done
}

@test "an answer holds so many components and no more" {
	works collection_create '{"name":"wide","dim":16000,"embedder":"none"}' >/dev/null
	fails too_large get "$(jq -nc '{collection: "wide", with_vector: true, ids: [range(501)]}')"
	works get "$(jq -nc '{collection: "wide", with_vector: true, ids: [range(500)]}')" >/dev/null
	works get "$(jq -nc '{collection: "wide", ids: [range(501)]}')" >/dev/null
}

@test "an update of what is not there costs no slot" {
	works collection_create '{"name":"frugal","dim":2,"embedder":"none"}' >/dev/null
	works add '{"collection":"frugal","vector":[1,2]}' >/dev/null
	fails not_found update '{"collection":"frugal","id":7,"vector":[3,4]}'
	works add '{"collection":"frugal","vector":[5,6]}' >/dev/null
	[ "$(works stats '{"collection":"frugal"}' | jq .slots)" = 2 ]
}
