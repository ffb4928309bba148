#!/usr/bin/env bats
# routes.bats - what a client of the first coolvec did works unchanged, and what is new beside it.

load helper

setup_file() {
	isolate
	daemon_start
	shim_start
	log_in
	export token
	tell POST /vec/add '{"text":"The cat sat on the mat"}'
	tell POST /vec/add '{"text":"A cat is sitting on a mat"}'
	tell POST /vec/add '{"text":"Shares fell on the stock exchange"}'
	answered 200
}

teardown_file() {
	shim_stop
	daemon_stop
}

setup() {
	isolate
}

@test "register answers 201 and the name" {
	tell POST /auth/register '{"username":"bob","password":"correct horse battery"}'
	answered 201
	[ "$(jq -c . <<<"$body")" = '{"username":"bob"}' ]
}

@test "login takes an urlencoded form, with what OAuth2 clients send beside it" {
	ask POST /auth/login -d grant_type=password -d scope= -d username=ada \
		--data-urlencode 'password=correct horse battery' -d client_id=x -d client_secret=y
	answered 200
	[ "$(jq -r .token_type <<<"$body")" = bearer ]
	token=$(jq -r .access_token <<<"$body")
	ask GET /auth/me
	[ "$(jq -r .username <<<"$body")" = ada ]
}

@test "login takes a multipart form" {
	ask POST /auth/login -F username=ada -F 'password=correct horse battery'
	answered 200
	[ "$(jq -r '.access_token | length > 20' <<<"$body")" = true ]
}

@test "register, login and auth/token have their second names" {
	tell POST /register '{"username":"carl","password":"correct horse battery"}'
	answered 201
	for path in /login /auth/token; do
		ask POST $path -d username=carl --data-urlencode 'password=correct horse battery'
		answered 200
	done
}

@test "add answers the id" {
	tell POST /vec/add '{"text":"How to bake bread"}'
	answered 200
	[ "$(jq .id <<<"$body")" = 3 ]
}

@test "similarity takes vec_id and k in the query of a POST" {
	ask POST '/vec/similarity?vec_id=0&k=1'
	answered 200
	[ "$(jq -c '.results | map(keys)' <<<"$body")" = '[["distance","id","text"]]' ]
	[ "$(jq -c '.results[0].id, .results[0].text' <<<"$body")" = $'1\n"A cat is sitting on a mat"' ]
}

@test "similarity answers five when k is not said" {
	for i in 1 2 3 4; do tell POST /vec/add "{\"text\":\"cat number $i\",\"collection\":\"default\"}"; done
	ask GET '/vec/similarity?vec_id=0'
	[ "$(jq '.results | length' <<<"$body")" = 5 ]
}

@test "similarity takes a JSON body too" {
	tell POST /vec/similarity '{"vec_id":0,"k":1}'
	answered 200
	[ "$(jq '.results[0].id' <<<"$body")" = 1 ]
}

@test "distance answers GET and POST, distance and metric" {
	for verb in GET POST; do
		ask $verb '/vec/distance?id1=0&id2=1'
		answered 200
		[ "$(jq -c 'keys, .metric' <<<"$body")" = $'["distance","metric"]\n"cosine"' ]
	done
}

@test "the distance of a vector to itself is 0" {
	ask GET '/vec/distance?id1=2&id2=2&metric=l2'
	[ "$(jq -c . <<<"$body")" = '{"distance":0,"metric":"l2"}' ]
}

@test "delete takes vec_id in the query, or the id in the path" {
	tell POST /vec/add '{"text":"gone one"}'
	a=$(jq .id <<<"$body")
	tell POST /vec/add '{"text":"gone two"}'
	b=$(jq .id <<<"$body")
	ask DELETE "/vec/delete?vec_id=$a"
	answered 200
	ask DELETE "/vec/$b"
	answered 200
	[ "$(jq -c .deleted <<<"$body")" = "[$b]" ]
	ask GET "/vec/$a"
	answered 404 not_found
}

@test "an item is read, changed and read again" {
	tell POST /vec/add '{"text":"before","key":"k1","meta":{"a":1}}'
	id=$(jq .id <<<"$body")
	tell PATCH "/vec/$id" '{"text":"after","meta":null}'
	answered 200
	ask GET "/vec/$id?with_vector=true"
	[ "$(jq -c '[.text, .key, .meta, (.vector | length)]' <<<"$body")" = '["after","k1",null,512]' ]
}

@test "a batch comes as JSON or as lines" {
	tell POST /collections '{"name":"batch","embedder":"none","dim":2}'
	answered 201
	tell POST '/vec/batch?collection=batch' '{"items":[{"vector":[1,0]},{"vector":[0,1]}]}'
	[ "$(jq -c .ids <<<"$body")" = '[0,1]' ]
	printf '{"vector":[2,1],"key":"a"}\n\n{"vector":[3,1],"key":"b"}\r\n' >lines
	ask POST '/vec/batch?collection=batch' -H 'Content-Type: application/x-ndjson' --data-binary @lines
	[ "$(jq -c .ids <<<"$body")" = '[2,3]' ]
}

@test "a bad item of a batch is named by its place, and nothing is added" {
	tell POST /collections '{"name":"bad","embedder":"none","dim":2}'
	tell POST '/vec/batch?collection=bad' '{"items":[{"vector":[1,0]},{"vector":[0,1,2]}]}'
	answered 422 dimension_mismatch
	[ "$(jq -c '.items[0] | [.index, .name]' <<<"$body")" = '[1,"dimension_mismatch"]' ]
	ask GET '/vec/count?collection=bad'
	[ "$(jq .count <<<"$body")" = 0 ]
}

@test "lists come as lines when they are asked for" {
	ask GET '/vec?limit=2' -H 'Accept: application/x-ndjson'
	answered 200
	[ "$(header Content-Type)" = application/x-ndjson ]
	[ "$(jq -c .id "$place/body")" = $'0\n1' ]
	tell POST /vec/embed '{"texts":["a"]}' -H 'Accept: application/x-ndjson'
	[ "$(jq '.vector | length' "$place/body")" = 512 ]
}

@test "the numbers of a meta come back as they were, in lines too" {
	tell POST /vec/add '{"text":"exact","key":"exact","meta":{"n":0.1234567890123,"i":9007199254740993}}'
	id=$(jq .id <<<"$body")
	ask GET "/vec/$id"
	[[ "$body" == *'{"n":0.1234567890123,"i":9007199254740993}'* ]] || { echo "$body"; false; }
	ask GET "/vec?after=$((id - 1))&limit=1" -H "Accept: application/x-ndjson"
	[[ "$body" == *'{"n":0.1234567890123,"i":9007199254740993}'* ]] || { echo "$body"; false; }
}

@test "search finds by text and by vector" {
	tell POST /vec/search '{"text":"stock exchange","k":1}'
	[ "$(jq '.results[0].id' <<<"$body")" = 2 ]
	ask GET '/vec/2?with_vector=1'
	jq -c '{vector: .vector, k: 1, exact: true, metric: "l2", fields: ["key"]}' <<<"$body" >query
	tell POST /vec/search @query
	[ "$(jq -c '.results[0] | keys, .id' <<<"$body")" = $'["distance","id","key"]\n2' ]
}

@test "a filter on meta is taken by list, count, similarity, search and delete" {
	tell POST /collections '{"name":"filter","embedder":"none","dim":2}'
	tell POST '/vec/batch?collection=filter' '{"items":[{"vector":[1,0],"meta":{"page":1}},
		{"vector":[1,1],"meta":{"page":2}},{"vector":[0,1],"meta":{"page":3}}]}'
	answered 200
	ask GET "/vec/count?collection=filter&where=page%20%3E%201"
	[ "$(jq .count <<<"$body")" = 2 ]
	ask GET "/vec?collection=filter&where=page=3"
	[ "$(jq -c "[.items[].id]" <<<"$body")" = "[2]" ]
	ask POST "/vec/similarity?collection=filter&vec_id=0&where=page=3"
	[ "$(jq -c "[.results[].id]" <<<"$body")" = "[2]" ]
	tell POST /vec/search '{"collection":"filter","vector":[1,0],"where":"page < 3","k":9}'
	[ "$(jq -c "[.results[].id]" <<<"$body")" = "[0,1]" ]
	tell POST /vec/delete '{"collection":"filter","where":"page > 1"}'
	[ "$(jq -c .deleted <<<"$body")" = "[1,2]" ]
	ask GET "/vec/count?collection=filter&where=page%20%3E"
	answered 400 bad_request
}

@test "names with escapes in the path are decoded after it was split" {
	tell POST /collections '{"name":"a-b"}'
	ask GET /collections/a%2Db
	answered 200
	ask GET /collections/a%2Fb
	answered 422 invalid_parameter
}

@test "another user's collection answers as one that is not there" {
	tell POST /collections '{"name":"mine"}'
	log_in eve
	ask GET /collections/mine
	answered 404 not_found
}

@test "HEAD answers as GET, without the body" {
	ask GET /vec/count
	length=$(header Content-Length)
	run curl -sS -I -H "Authorization: Bearer $token" "$url/vec/count"
	grep -q '^HTTP/1.1 200' <<<"$output"
	[ "$(sed -n 's/^Content-Length: //p' <<<"$output" | tr -d '\r')" = "$length" ]
}

@test "OPTIONS tells the verbs of a path" {
	ask OPTIONS /vec/5
	answered 204
	[ "$(header Allow)" = "GET, HEAD, PATCH, DELETE, OPTIONS" ]
	ask OPTIONS /nowhere
	answered 404
}

@test "a request keeps the name its client gave it, and gets one otherwise" {
	ask GET /ping -H 'X-Request-Id: abc-1'
	[ "$(header X-Request-Id)" = abc-1 ]
	ask GET /ping -H 'X-Request-Id: not <harmless>'
	[[ "$(header X-Request-Id)" =~ ^[0-9a-f]{16}-[0-9a-f]+$ ]]
}

@test "with an Idempotency-Key a repetition is not done again" {
	tell POST /vec/add '{"text":"only once"}' -H 'Idempotency-Key: once-1'
	id=$(jq .id <<<"$body")
	tell POST /vec/add '{"text":"only once"}' -H 'Idempotency-Key: once-1'
	answered 200
	[ "$(jq .id <<<"$body")" = "$id" ]
	tell POST /vec/add '{"text":"something else"}' -H 'Idempotency-Key: once-1'
	answered 409 exists
}

@test "a token ends with its logout" {
	log_in leaver
	ask POST /auth/logout
	answered 200
	ask GET /auth/me
	answered 401 unauthenticated
}

@test "connections are kept: two requests, one connection" {
	run curl -sS -w '%{num_connects} ' -o /dev/null -o /dev/null "$url/healthz" "$url/healthz"
	[ "$output" = "1 0 " ]
}

@test "answers may not be stored, framed or sniffed" {
	ask GET /auth/me
	[ "$(header Cache-Control)" = no-store ]
	[ "$(header X-Content-Type-Options)" = nosniff ]
	[ "$(header X-Frame-Options)" = DENY ]
	[[ "$(header Content-Security-Policy)" == "default-src 'none'"* ]]
}

@test "verify looks fully and repairs when it is told to" {
	tell POST /verify '{}'
	answered 200
	[ "$(jq -c 'keys' <<<"$body")" = '["bad","checked","index","nbad","unreachable"]' ]
	tell POST /verify '{"full":true,"repair":true}'
	answered 200
	[ "$(jq -c '[.nbad, .unfound, .saved, .repaired]' <<<"$body")" = '[0,0,"ok",0]' ]
	tell POST /verify '{"full":"yes"}'
	answered 422
}
