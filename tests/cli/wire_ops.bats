# wire_ops.bats - every operation of coolvec-protocol(7), with the shapes it says.

load wire

setup_file() {
	place
	serve
	token=$(account ada)
	export token
}

teardown_file() {
	stop
}

teardown() {
	pings
}

# A new collection `t` of this kind, for a test of its own.
fresh() {
	ask collection_drop '{"name":"t"}' >/dev/null
	works collection_create "$(jq -nc --argjson more "${1:-{\}}" '{name: "t"} + $more')" >/dev/null
}

# near X Y: numbers that differ by a millionth at most.
near() {
	jq -nce --argjson x "$1" --argjson y "$2" '($x - $y) | fabs < 1e-6' >/dev/null ||
		{ echo "$1 is not near $2" >&2; return 1; }
}

@test "ping says version, protocol and uptime, without a token" {
	run -0 works ping '{}' ''
	jq -e 'keys == ["protocol","uptime","version"] and .protocol == 1 and .uptime >= 0 and
		(.version | test("^[0-9]+[.][0-9]+[.][0-9]+$"))' <<<"$output"
}

@test "register gives the name, and exists when it is taken" {
	same '{"username":"bob.b@x"}' "$(works register '{"username":"bob.b@x","password":"12345678"}' '')"
	fails exists register '{"username":"bob.b@x","password":"87654321"}' ''
	works login '{"username":"bob.b@x","password":"12345678"}' ''
}

@test "login gives a token that serves; a wrong password and an unknown name sound alike" {
	run -0 works login '{"username":"ada","password":"a long password"}' ''
	jq -e 'keys == ["access_token","expires_in","token_type"] and .token_type == "bearer" and
		.expires_in == 1800' <<<"$output"
	works whoami '{}' "$(jq -r .access_token <<<"$output")"
	same "$(ask login '{"username":"ada","password":"wrong password"}' '')" \
		"$(ask login '{"username":"nobody","password":"wrong password"}' '')"
	fails bad_credentials login '{"username":"ada","password":"a long passwor"}' ''
	fails bad_credentials login '{"username":"Ada","password":"a long password"}' ''
	fails bad_credentials login '{"username":"no/name","password":"x"}' ''
}

@test "whoami says name, when it was made and how long the login lasts" {
	run -0 works whoami
	jq -e --argjson now "$(date +%s)" 'keys == ["created","expires_in","username"] and
		.username == "ada" and (.created | . > $now - 600 and . <= $now) and
		(.expires_in | . > 1000 and . <= 1800)' <<<"$output"
}

@test "logout ends that session alone" {
	local one two
	one=$(account leaving) two=$(login leaving)
	same '{"username":"leaving"}' "$(works logout '{}' "$one")"
	fails unauthenticated whoami '{}' "$one"
	fails unauthenticated logout '{}' "$one"
	works whoami '{}' "$two"
}

@test "passwd ends every session and changes the password" {
	local one two
	one=$(account changing) two=$(login changing)
	fails bad_credentials passwd '{"old_password":"not it","new_password":"another password"}' "$one"
	works whoami '{}' "$two"
	same '{"username":"changing"}' \
		"$(works passwd '{"old_password":"a long password","new_password":"another password"}' "$one")"
	fails unauthenticated whoami '{}' "$one"
	fails unauthenticated whoami '{}' "$two"
	fails bad_credentials login '{"username":"changing","password":"a long password"}' ''
	works login '{"username":"changing","password":"another password"}' ''
}

@test "prefs are kept, and used" {
	local u
	u=$(account picky)
	same '{"collection":"default","metric":"cosine"}' "$(works prefs '{}' "$u")"
	same '{"collection":"default","metric":"l1"}' "$(works prefs '{"metric":"l1"}' "$u")"
	fails not_found prefs '{"collection":"none"}' "$u"
	same '"l1"' "$(works collection_create '{"name":"mine","embedder":"none","dim":2}' "$u" | jq -c .metric)"
	same '{"collection":"mine","metric":"l1"}' "$(works prefs '{"collection":"mine"}' "$u")"
	works add '{"items":[{"vector":[1,2]},{"vector":[4,6]}]}' "$u"
	same '{"distance":7,"metric":"l1"}' "$(works distance '{"id1":0,"id2":1}' "$u")"
	same '{"count":2}' "$(works count '{"collection":"mine"}' "$u")"
	same '{"collection":"mine","metric":"ip"}' "$(works prefs '{"metric":"ip"}' "$u")"
	same '{"collection":"mine","metric":"ip"}' "$(works prefs '{}' "$u")"
}

@test "collection_create describes what it made" {
	run -0 works collection_create '{"name":"full","metric":"l2","dim":64,"M":8,"ef_construction":50}'
	jq -e --argjson now "$(date +%s)" '(.number | . > 0) and (.created | . > $now - 60 and . <= $now) and
		del(.number, .created, .embedder.version) == {name: "full", metric: "l2", dim: 64, count: 0,
		embedder: {provider: "local", model: "ngram", dim: 64}, codes: "fast", M: 8, ef_construction: 50}' <<<"$output"
	same "$output" "$(works collection_show '{"name":"full"}')"
	fails exists collection_create '{"name":"full"}'
	run -0 works collection_create '{"name":"plain","embedder":"none","dim":16000}'
	jq -e 'del(.number, .created) == {name: "plain", metric: "cosine", dim: 16000, count: 0,
		embedder: null, codes: "small", M: 16, ef_construction: 200}' <<<"$output"
	run -0 works collection_create '{"name":"short","embedder":"none","dim":256}'
	jq -e '.M == 32' <<<"$output"
	run -0 works collection_create '{"name":"usual"}'
	jq -e '.dim == 512 and .embedder.dim == 512' <<<"$output"
	works collection_drop '{"name":"full"}'
	works collection_drop '{"name":"plain"}'
	works collection_drop '{"name":"usual"}'
}

@test "collection_list is by name; collection_show without a name is the preferred one" {
	local u
	u=$(account lister)
	same '{"collections":[]}' "$(works collection_list '{}' "$u")"
	same '"default"' "$(works collection_show '{}' "$u" | jq -c .name)"
	works collection_create '{"name":"b"}' "$u"
	works collection_create '{"name":"a"}' "$u"
	same '["a","b","default"]' "$(works collection_list '{}' "$u" | jq -c '[.collections[].name]')"
	same "$(works collection_show '{"name":"a"}' "$u")" \
		"$(works collection_list '{}' "$u" | jq -Sc '.collections[0]')"
	fails not_found collection_show '{"name":"c"}' "$u"
}

@test "collection_drop says what went, and the folder goes" {
	local number
	fresh '{"embedder":"none","dim":2}'
	works add '{"collection":"t","items":[{"vector":[1,2]},{"vector":[3,4]}]}'
	number=$(works collection_show '{"name":"t"}' | jq .number)
	[ -d "$data/collections/$number" ]
	same '{"count":2,"name":"t"}' "$(works collection_drop '{"name":"t"}')"
	soon test ! -e "$data/collections/$number"
	fails not_found collection_drop '{"name":"t"}'
	fails not_found count '{"collection":"t"}'
	fresh '{"embedder":"none","dim":3}'		# the name is free, the number is not
	works collection_show '{"name":"t"}' | jq -e --argjson n "$number" '.number > $n and .count == 0'
}

@test "the default collection is made when it is first used" {
	local u
	u=$(account fresh)
	fails not_found collection_drop '{"name":"default"}' "$u"
	same '{"id":0,"lexical":true}' "$(works add '{"text":"first"}' "$u")"
	same '{"count":1}' "$(works count '{}' "$u")"
	same '{"count":1,"name":"default"}' "$(works collection_drop '{"name":"default"}' "$u")"
	same '{"count":0}' "$(works count '{"collection":"default"}' "$u")"
}

@test "add gives an id, or ids in order; what is added is found at once" {
	fresh
	same '{"id":0,"lexical":true}' "$(works add '{"collection":"t","text":"a red apple","key":"k","meta":{"n":1}}')"
	same '{"ids":[1,2],"lexical":true}' \
		"$(works add '{"collection":"t","items":[{"text":"a green pear"},{"text":"blue sky","key":"s"}]}')"
	same '{"items":[{"id":2,"key":"s","meta":null,"text":"blue sky"},{"id":0,"key":"k","meta":{"n":1},"text":"a red apple"}],"missing":[7]}' \
		"$(works get '{"collection":"t","ids":[2,7,0]}')"
	works similarity '{"collection":"t","text":"a red apple","k":1}' |
		jq -e '.results | length == 1 and .[0].id == 0 and (.[0].distance | fabs < 1e-6)'
	works add '{"collection":"t","text":"kept beside","vector":'"$(works embed '{"collection":"t","texts":["blue sky"]}' | jq -c '.vectors[0]')"'}' |
		jq -e '. == {id: 3}'
	works similarity '{"collection":"t","text":"blue sky","k":2}' | jq -e '[.results[].id] == [2,3]'
}

@test "an existing key replaces the item under the same id" {
	fresh '{"embedder":"none","dim":2}'
	same '{"id":0}' "$(works add '{"collection":"t","vector":[1,0],"key":"k","text":"old","meta":{"a":1}}')"
	same '{"id":1}' "$(works add '{"collection":"t","vector":[0,1]}')"
	same '{"id":0}' "$(works add '{"collection":"t","vector":[5,5],"key":"k"}')"
	same '{"ids":[2,0]}' "$(works add '{"collection":"t","items":[{"vector":[1,1]},{"vector":[6,6],"key":"k","text":"new"}]}')"
	same '{"count":3}' "$(works count '{"collection":"t"}')"
	same '{"items":[{"id":0,"key":"k","meta":null,"text":"new","vector":[6,6]}],"missing":[]}' \
		"$(works get '{"collection":"t","ids":[0],"with_vector":true}')"
	same '[1,2,0]' "$(works similarity '{"collection":"t","vector":[0,1],"metric":"l2"}' | jq -c '[.results[].id]')"
}

# biggest OP ARGS: with numbers that jq would round.
biggest() {
	printf '{"op":"%s","token":"%s","args":{"collection":"t"%s}}\n' "$1" "$token" "$2" | wire
}

@test "get keeps the order asked, repetitions too, and shows vectors when told" {
	fresh '{"embedder":"none","dim":2}'
	works add '{"collection":"t","items":[{"vector":[1,0.1]},{"vector":"AACAPwAAAEA=","text":"x"}]}'
	same '{"items":[{"id":1,"key":null,"meta":null,"text":"x","vector":[1,2]},{"id":0,"key":null,"meta":null,"text":null,"vector":[1,0.100000001]},{"id":1,"key":null,"meta":null,"text":"x","vector":[1,2]}],"missing":[4503599627370497]}' \
		"$(works get '{"collection":"t","ids":[1,0,4503599627370497,1],"with_vector":true}')"
	same '{"items":[],"missing":[5]}' "$(works get '{"collection":"t","ids":[5],"with_vector":false}')"
	same '"AACAPwAAAEA="' "$(works get '{"collection":"t","ids":[1],"with_vector":true,"base64":true}' | jq -c '.items[0].vector')"
	same '{"id":null,"ok":true,"result":{"items":[],"missing":[9223372036854775807]}}' \
		"$(biggest get ',"ids":[9223372036854775807]')"
}

@test "texts, keys and metas come back as they were" {
	local item
	fresh
	item='{"text":"a\u0000b\n\t\"\\ \ud83d\ude00 \u00e4","key":"k \u00fc","meta":{"s":"\u0000","n":[1,-2,true,null],"o":{"":"x"}}}'
	works add "$(jq -nc --argjson i "$item" '$i + {collection: "t"}')"
	same "$(jq -Sc '. + {id: 0}' <<<"$item")" \
		"$(works get '{"collection":"t","ids":[0]}' | jq -Sc '.items[0]')"
}

@test "list goes through the items by id, page by page" {
	local page
	fresh '{"embedder":"none","dim":1}'
	works add "$(jq -nc '{collection: "t", items: [range(1; 251) | {vector: [.], text: "n\(.)"}]}')" >/dev/null
	works delete '{"collection":"t","ids":[0,100,249]}'
	page=$(works list '{"collection":"t"}')
	jq -e '(.items | length == 100 and .[0] == {id: 1, text: "n2", key: null, meta: null} and
		.[99].id == 101) and .next == 101' <<<"$page"
	page=$(works list '{"collection":"t","after":101,"limit":147}')
	jq -e '(.items | length == 147 and .[0].id == 102 and .[146].id == 248) and .next == 248' <<<"$page"
	same '{"items":[],"next":null}' "$(works list '{"collection":"t","after":248}')"
	same '{"id":null,"ok":true,"result":{"items":[],"next":null}}' "$(biggest list ',"after":9223372036854775807')"
	works list '{"collection":"t","limit":10000}' | jq -e '(.items | length == 247) and .next == null'
	works list '{"collection":"t","limit":1,"after":0}' | jq -e '.next == 1 and .items[0].id == 1'
}

@test "update changes what is given and nothing else" {
	local old new
	fresh
	works add '{"collection":"t","text":"old words","key":"k","meta":{"a":1}}'
	old=$(works get '{"collection":"t","ids":[0],"with_vector":true}' | jq -c '.items[0].vector')
	same '{"id":0}' "$(works update '{"collection":"t","id":0,"meta":{"b":2}}')"
	works get '{"collection":"t","ids":[0],"with_vector":true}' | jq -e --argjson v "$old" \
		'.items[0] == {id: 0, text: "old words", key: "k", meta: {b: 2}, vector: $v}'
	same '{"id":0,"lexical":true}' "$(works update '{"collection":"t","id":0,"text":"new words"}')"
	new=$(works embed '{"collection":"t","texts":["new words"]}' | jq -c '.vectors[0]')
	[ "$new" != "$old" ]
	works get '{"collection":"t","ids":[0],"with_vector":true}' | jq -e --argjson v "$new" \
		'.items[0] == {id: 0, text: "new words", key: "k", meta: {b: 2}, vector: $v}'
	same '{"id":0}' "$(works update "{\"collection\":\"t\",\"id\":0,\"vector\":$old,\"meta\":null}")"
	works get '{"collection":"t","ids":[0],"with_vector":true}' | jq -e --argjson v "$old" \
		'.items[0] == {id: 0, text: "new words", key: "k", meta: null, vector: $v}'
	works update "{\"collection\":\"t\",\"id\":0,\"text\":\"third\",\"vector\":$new}" | jq -e '. == {id: 0}'
	works similarity "{\"collection\":\"t\",\"vector\":$new}" |
		jq -e '(.results | length == 1) and .results[0].text == "third" and (.results[0].distance | fabs < 1e-6)'
	same 'no vector 1 in collection t' "$(fails not_found update '{"collection":"t","id":1,"text":"x"}')"
	fails bad_request update '{"collection":"t","id":0}'
	same '{"count":1}' "$(works count '{"collection":"t"}')"
}

@test "delete by id, by ids, by keys" {
	fresh '{"embedder":"none","dim":1}'
	works add '{"collection":"t","items":[{"vector":[1]},{"vector":[2]},{"vector":[3],"key":"a"},{"vector":[4],"key":"b"},{"vector":[5]}]}'
	same '{"deleted":[0],"missing":[]}' "$(works delete '{"collection":"t","id":0}')"
	same 'no vector 0 in collection t' "$(fails not_found delete '{"collection":"t","id":0}')"
	same '{"deleted":[1],"missing":[0,77]}' "$(works delete '{"collection":"t","ids":[0,1,77]}')"
	same '{"deleted":[3,2],"missing":["c"]}' "$(works delete '{"collection":"t","keys":["b","c","a"]}')"
	same '{"deleted":[],"missing":[3]}' "$(works delete '{"collection":"t","ids":[3]}')"
	same '{"count":1}' "$(works count '{"collection":"t"}')"
	works similarity '{"collection":"t","vector":[1]}' | jq -e '[.results[].id] == [4]'
	same '{"id":5}' "$(works add '{"collection":"t","vector":[6],"key":"a"}')"	# a new id
	fails bad_request delete '{"collection":"t"}'
	fails bad_request delete '{"collection":"t","id":4,"ids":[4]}'
	same '{"count":2}' "$(works count '{"collection":"t"}')"
}

@test "similarity by id leaves that item out, by text and by vector does not" {
	fresh
	works add '{"collection":"t","items":[{"text":"a red apple"},{"text":"a red apple pie"},{"text":"ships at sea"},{"text":"a red apple"}]}'
	works similarity '{"collection":"t","id":0}' | jq -e '(keys == ["metric","results"]) and .metric == "cosine" and
		([.results[].id] == [3,1,2]) and (.results[0] | keys == ["distance","id","key","meta","text"])'
	works similarity '{"collection":"t","id":0,"k":1}' | jq -e '[.results[].id] == [3]'
	works similarity '{"collection":"t","text":"a red apple"}' |
		jq -e '.lexical == true and ([.results[].id] == [0,3,1,2])'
	works similarity "{\"collection\":\"t\",\"vector\":$(works embed '{"collection":"t","texts":["ships at sea"]}' | jq -c '.vectors[0]'),\"k\":1}" |
		jq -e '(has("lexical") | not) and [.results[].id] == [2]'
	same 'no vector 9 in collection t' "$(fails not_found similarity '{"collection":"t","id":9}')"
}

@test "similarity shows the fields asked for" {
	fresh '{"embedder":"none","dim":2}'
	works add '{"collection":"t","vector":[3,4],"text":"x","key":"k","meta":{"a":1}}'
	same '{"distance":0,"id":0,"key":"k","meta":{"a":1},"text":"x"}' \
		"$(works similarity '{"collection":"t","vector":[3,4],"metric":"l2"}' | jq -Sc '.results[0]')"
	same '{"distance":0,"id":0,"vector":[3,4]}' \
		"$(works similarity '{"collection":"t","vector":[3,4],"metric":"l2","fields":["vector"]}' | jq -Sc '.results[0]')"
	same '{"distance":0,"id":0,"key":"k","meta":{"a":1}}' \
		"$(works similarity '{"collection":"t","vector":[3,4],"metric":"l2","fields":["meta","key"]}' | jq -Sc '.results[0]')"
	fails bad_request similarity '{"collection":"t","vector":[3,4],"fields":["distance"]}'
}

@test "k and ef are clamped to what there is" {
	fresh '{"embedder":"none","dim":1,"metric":"l2"}'
	same '[]' "$(works similarity '{"collection":"t","vector":[1]}' | jq -c .results)"
	works add "$(jq -nc '{collection: "t", items: [range(1; 31) | {vector: [.]}]}')"
	works similarity '{"collection":"t","vector":[1]}' | jq -e '[.results[].id] == [0,1,2,3,4]'
	works similarity '{"collection":"t","vector":[1],"k":10000,"ef":10000}' | jq -e '[.results[].id] == [range(30)]'
	works similarity '{"collection":"t","vector":[1],"k":30,"ef":1}' | jq -e '.results | length == 30'
	works similarity '{"collection":"t","id":0,"k":10000}' | jq -e '[.results[].id] == [range(1; 30)]'
	works similarity '{"collection":"t","vector":[30.2],"k":2,"exact":true}' | jq -e '[.results[].id] == [29,28]'
}

@test "equal distances are ordered by id, also when slots are not" {
	fresh '{"embedder":"none","dim":2,"metric":"l2"}'
	works add "$(jq -nc '{collection: "t", items: [range(20) | {vector: [1, 1]}]}')"
	works update '{"collection":"t","id":3,"vector":[1,1]}'		# its slot is the last one now
	works similarity '{"collection":"t","vector":[1,1],"k":20}' | jq -e '[.results[].id] == [range(20)]'
	works similarity '{"collection":"t","vector":[1,1],"k":20,"exact":true}' | jq -e '[.results[].id] == [range(20)]'
	works similarity '{"collection":"t","vector":[2,1],"k":20,"metric":"l1"}' |
		jq -e '[.results[].id] == [range(20)] and ([.results[].distance] | unique == [1])'
}

@test "distance is the one computed by hand, under each metric" {
	fresh '{"embedder":"none","dim":3}'
	works add '{"collection":"t","items":[{"vector":[1,2,3]},{"vector":[4,6,3]},{"vector":[-2,-4,-6]}]}'
	d() { works distance "{\"collection\":\"t\",\"id1\":$1,\"id2\":$2,\"metric\":\"$3\"}" | jq .distance; }
	same 5 "$(d 0 1 l2)"
	same 7 "$(d 0 1 l1)"
	same -25 "$(d 0 1 ip)"
	near "$(d 0 1 cosine)" 0.144517844	# 1 - 25 / sqrt(14 * 61)
	near "$(d 0 2 cosine)" 2
	same 28 "$(d 0 2 ip)"
	near "$(d 0 2 l2)" 11.224972160		# sqrt(9 * 14)
	same 18 "$(d 2 0 l1)"
	same 0 "$(d 1 1 l2)"
	same "$(d 1 0 cosine)" "$(d 0 1 cosine)"
	works distance '{"collection":"t","id1":0,"id2":1}' | jq -e 'keys == ["distance","metric"] and .metric == "cosine"'
	same 'no vector 8 in collection t' "$(fails not_found distance '{"collection":"t","id1":0,"id2":8}')"
	fails not_found distance '{"collection":"t","id1":8,"id2":0}'
}

@test "similarity gives the distances that distance gives, under each metric" {
	local m
	fresh '{"embedder":"none","dim":3,"metric":"ip"}'
	works add '{"collection":"t","items":[{"vector":[1,2,3]},{"vector":[4,6,3]},{"vector":[-2,-4,-6]},{"vector":[0.1,0,9]}]}'
	for m in cosine l2 ip l1; do
		works similarity "{\"collection\":\"t\",\"id\":0,\"metric\":\"$m\"}" >"$BATS_TEST_TMPDIR/r"
		jq -e --arg m "$m" '.metric == $m and ([.results[].distance] | . == sort)' "$BATS_TEST_TMPDIR/r"
		for i in 1 2 3; do
			same "$(works distance "{\"collection\":\"t\",\"id1\":0,\"id2\":$i,\"metric\":\"$m\"}" | jq .distance)" \
				"$(jq --argjson i "$i" '.results[] | select(.id == $i).distance' "$BATS_TEST_TMPDIR/r")"
		done
	done
	works similarity '{"collection":"t","id":0}' | jq -e '.metric == "ip" and .results[0].id == 3'
}

@test "embed gives what add stores, and stores nothing" {
	fresh
	run -0 works embed '{"collection":"t","texts":["one thing","another"]}'
	jq -e 'keys == ["embedder","lexical","vectors"] and (.vectors | map(length) == [512,512]) and
		.embedder.provider == "local" and .embedder.model == "ngram" and .embedder.dim == 512' <<<"$output"
	same "$(works collection_show '{"name":"t"}' | jq -Sc .embedder)" "$(jq -Sc .embedder <<<"$output")"
	same '{"count":0}' "$(works count '{"collection":"t"}')"
	works add '{"collection":"t","items":[{"text":"another"},{"text":"one thing"}]}'
	same "$(jq -c '.vectors | reverse' <<<"$output")" \
		"$(works get '{"collection":"t","ids":[0,1],"with_vector":true}' | jq -c '[.items[].vector]')"
	fresh '{"embedder":"none","dim":2}'
	same 'collection t takes vectors only' "$(fails space_mismatch embed '{"collection":"t","texts":["x"]}')"
	fails space_mismatch similarity '{"collection":"t","text":"x"}'
	fails space_mismatch add '{"collection":"t","text":"x"}'
	works add '{"collection":"t","vector":[1,2]}'
	fails space_mismatch update '{"collection":"t","id":0,"text":"x"}'
}

@test "a repeated request_id is answered the same and done once" {
	local first
	fresh
	first=$(works add '{"collection":"t","text":"once","request_id":"r-add"}')
	works add '{"collection":"t","text":"between"}'
	same "$first" "$(works add '{"collection":"t","text":"once","request_id":"r-add"}')"
	same "$first" "$(works add '{"request_id":"r-add","text":"once","collection":"t"}')"	# in any order
	same '{"count":2}' "$(works count '{"collection":"t"}')"
	fails exists add '{"collection":"t","text":"other","request_id":"r-add"}'
	fails exists add '{"text":"once","request_id":"r-add"}'		# of another collection
	same '{"count":2}' "$(works count '{"collection":"t"}')"

	first=$(works add '{"collection":"t","items":[{"text":"x"},{"text":"y"}],"request_id":"r-batch"}')
	same "$first" "$(works add '{"collection":"t","items":[{"text":"x"},{"text":"y"}],"request_id":"r-batch"}')"
	same '{"count":4}' "$(works count '{"collection":"t"}')"

	works update '{"collection":"t","id":0,"text":"changed","request_id":"r-up"}'
	works update '{"collection":"t","id":0,"text":"changed again"}'
	same '{"id":0,"lexical":true}' "$(works update '{"collection":"t","id":0,"text":"changed","request_id":"r-up"}')"
	same '"changed again"' "$(works get '{"collection":"t","ids":[0]}' | jq -c '.items[0].text')"
	fails exists update '{"collection":"t","id":0,"text":"more","request_id":"r-up"}'

	same '{"deleted":[0],"missing":[]}' "$(works delete '{"collection":"t","id":0,"request_id":"r-del"}')"
	same '{"deleted":[0],"missing":[]}' "$(works delete '{"collection":"t","id":0,"request_id":"r-del"}')"
	fails exists delete '{"collection":"t","id":1,"request_id":"r-del"}'
	fails not_found delete '{"collection":"t","id":0}'
	same '{"count":3}' "$(works count '{"collection":"t"}')"
	works verify '{"collection":"t"}' | jq -e '.checked == 3 and .nbad == 0'
}

@test "a request that failed is not remembered, and a request_id is the user's own" {
	local u
	fresh
	fails not_found update '{"collection":"t","id":0,"text":"a","request_id":"r-1"}'
	works add '{"collection":"t","text":"z"}'
	works update '{"collection":"t","id":0,"text":"a","request_id":"r-1"}'
	u=$(account another)
	works add '{"text":"b","request_id":"r-1"}' "$u"
}

@test "stats count what there is" {
	fresh '{"embedder":"none","dim":4}'
	works add "$(jq -nc '{collection: "t", items: [range(1; 101) | {vector: [., 1, 2, 3]}]}')"
	works delete '{"collection":"t","ids":[0,1]}'
	indexed() { works stats '{"collection":"t"}' | jq -e '.tail == 0 and .indexed == 98 and .unlinking == 0'; }
	soon indexed
	run -0 works stats '{"collection":"t"}'
	jq -e 'keys == ["build","build_note","capacity","codes","collection","daemon","dead","file_bytes","generation",
		"graph_bytes","index_note","indexed","isa",		"live","max_level","read_only","slots","tail","unlinking"] and .slots == 100 and .live == 98 and .dead == 2 and
		.generation == 0 and .build == null and .build_note == "" and
		.capacity >= 100 and .file_bytes >= 36 + 1600 and .read_only == false and .index_note == "" and
		(.graph_bytes > 0) and (.daemon | keys == ["connections","embedder","open_collections","uptime","version"] and
		.connections == 1 and .open_collections >= 1)' <<<"$output"
	same "$(works collection_show '{"name":"t"}')" "$(jq -Sc .collection <<<"$output")"
}

@test "verify finds nothing wrong" {
	fresh
	same '{"bad":[],"checked":0,"index":"ok","nbad":0,"unreachable":0}' "$(works verify '{"collection":"t"}')"
	works add "$(jq -nc '{collection: "t", items: [range(1200) | {text: "text \(.)"}]}')" >/dev/null
	works delete '{"collection":"t","ids":[5]}'
	same '{"bad":[],"checked":1199,"index":"ok","nbad":0}' "$(works verify '{"collection":"t"}' | jq -c 'del(.unreachable)')"
}

@test "metrics count calls by outcome, syncs, commits and embeddings, without a token" {
	local before after
	counts() { jq -c --arg op "$2" --arg error "$3" '[.operations[] | select(.op == $op and .error == $error).count] | add // 0' <<<"$1"; }
	fresh
	before=$(works metrics '{}' '')
	works add '{"collection":"t","items":[{"text":"one"},{"text":"two"}]}'
	fails not_found update '{"collection":"t","id":9,"meta":{}}'
	printf 'no JSON\n' | wire
	after=$(works metrics '{}' '')
	jq -e 'keys == ["collections","commit","connections","embedder","file_bytes","fsync","graph_bytes","latency",
		"open_collections","operations","tail","uptime","vectors","version"]' <<<"$after"
	jq -ne --argjson b "$before" --argjson a "$after" '($a.embedder.texts - $b.embedder.texts == 2) and
		($a.commit.items - $b.commit.items == 2) and ($a.fsync.count - $b.fsync.count == 1) and
		($a.vectors - $b.vectors == 2) and ($a.fsync | keys == ["count","seconds"])'
	same $(($(counts "$before" add ok) + 1)) "$(counts "$after" add ok)"
	same $(($(counts "$before" update not_found) + 1)) "$(counts "$after" update not_found)"
	same $(($(counts "$before" none bad_json) + 1)) "$(counts "$after" none bad_json)"
	jq -e '[.latency.ops[] | (.counts | length) == (1 + 14)] | all' <<<"$after"
}

@test "every operation is in the manual, and no other" {
	same "$(sed -n 's/^\t{ "\([a-z_]*\)", ARGS(.*/\1/p' "$root/daemon/ops.c" | sort)" \
		"$(sed -n '/^\.Sh OPERATIONS/,/^\.Sh ERRORS/s/^\.It Cm \([a-z_]*\).*/\1/p' "$root/man/coolvec-protocol.7" | sort -u)"
}
