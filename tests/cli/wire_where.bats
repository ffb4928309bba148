# wire_where.bats - filters, keys and snapshots as the wire has them.

load wire

setup_file() {
	place
	serve
	token=$(account ada)
	export token
	works collection_create '{"name":"v","embedder":"none","dim":2}' >/dev/null
}

teardown_file() {
	stop
}

teardown() {
	pings
}

# The collection w, new: items 0 to 3 of n 0 to 3.
fill() {
	ask collection_drop '{"name":"w"}' >/dev/null
	works collection_create '{"name":"w","embedder":"none","dim":2}' >/dev/null
	works add '{"collection":"w","items":[{"vector":[1,0],"meta":{"n":0}},{"vector":[1,1],"meta":{"n":1}},
		{"vector":[0,1],"meta":{"n":2}},{"vector":[1,2],"meta":{"n":3}}]}' >/dev/null
}

@test "list, count and similarity have their shapes with where too" {
	fill
	same '{"count":2}' "$(works count '{"collection":"w","where":"n >= 2"}')"
	same '{"items":[{"id":2,"key":null,"meta":{"n":2},"text":null}],"next":2}' \
		"$(works list '{"collection":"w","where":"n >= 2","limit":1}')"
	same '{"items":[{"id":3,"key":null,"meta":{"n":3},"text":null}],"next":null}' \
		"$(works list '{"collection":"w","where":"n >= 2","limit":2,"after":2}')"
	same '{"metric":"cosine","results":[{"distance":0,"id":0,"key":null}]}' \
		"$(works similarity '{"collection":"w","where":"n = 0","vector":[1,0],"fields":["key"]}' |
			jq -c '.results[].distance |= (fabs * 1e5 | floor)')"
	same '{"metric":"cosine","results":[]}' \
		"$(works similarity '{"collection":"w","where":"n = 9","vector":[1,0]}')"
}

@test "delete with where says how many, and is not done twice under its request_id" {
	fill
	same '{"deleted":[1,2,3],"missing":[],"ndeleted":3}' \
		"$(works delete '{"collection":"w","where":"n > 0","request_id":"r1"}')"
	works add '{"collection":"w","vector":[1,1],"meta":{"n":7}}' >/dev/null
	same '{"deleted":[1,2,3],"missing":[],"ndeleted":3}' \
		"$(works delete '{"collection":"w","where":"n > 0","request_id":"r1"}')"
	same '{"count":2}' "$(works count '{"collection":"w"}')"
	fails exists delete '{"collection":"w","where":"n > 5","request_id":"r1"}'
	same '{"deleted":[],"missing":[],"ndeleted":0}' "$(works delete '{"collection":"w","where":"zzz"}')"
	fails bad_request delete '{"collection":"w","where":"n = 1","id":1}'
	fails bad_request delete '{"collection":"w","where":"n ="}'
	works stats '{"collection":"w"}' | jq -e '.live == 2 and .slots == 5'
}

@test "somebody else's collection has nothing to filter" {
	fill
	other=$(account eve)
	fails not_found count '{"collection":"w","where":"n >= 0"}' "$other"
	fails not_found delete '{"collection":"w","where":"n >= 0"}' "$other"
	same '{"count":4}' "$(works count '{"collection":"w"}')"
}

@test "an add that changes nothing has the answer of one that does" {
	same '{"id":0}' "$(works add '{"collection":"v","vector":[1,2],"key":"k","meta":{"a":1}}')"
	same '{"id":0}' "$(works add '{"collection":"v","vector":[1,2],"key":"k","meta":{"a":1}}')"
	same '{"ids":[0,1]}' "$(works add '{"collection":"v","items":[
		{"vector":[1,2],"key":"k","meta":{"a":1}},{"vector":[3,4],"key":"l"}]}')"
	same '{"ids":[0,1]}' "$(works add '{"collection":"v","request_id":"q","items":[
		{"vector":[1,2],"key":"k","meta":{"a":1}},{"vector":[3,4],"key":"l"}]}')"
	same '{"ids":[0,1]}' "$(works add '{"collection":"v","request_id":"q","items":[
		{"vector":[1,2],"key":"k","meta":{"a":1}},{"vector":[3,4],"key":"l"}]}')"
	works stats '{"collection":"v"}' | jq -e '.slots == 2 and .live == 2'
}

@test "snapshot says what it made, and needs no token" {
	works snapshot "{\"path\":\"$dir/snap\"}" '' | jq -e --arg path "$dir/snap" '.path == $path and
		keys == ["bytes","collections","created","files","path"] and .files >= 2 and .bytes > 0 and
		.created > 1700000000'
	fails exists snapshot "{\"path\":\"$dir/snap\"}" ''
	same "$(jq '.files | length' "$dir/snap/manifest.json")" "$(find "$dir/snap" -type f ! -name manifest.json | wc -l)"
}
