# daemon_isolation.bats - what is somebody else's answers byte for byte as what does not exist.

load wire

setup_file() {
	place
	serve
	export ada eve
	ada=$(account ada) eve=$(account eve)
	works collection_create '{"name":"private"}' "$ada"
	works collection_create '{"name":"arrays","embedder":"none","dim":3}' "$ada"
	works add '{"collection":"private","items":[{"text":"the first secret","key":"k1"},{"text":"the second secret"},{"text":"the third"}]}' "$ada"
	works add '{"collection":"arrays","vector":[1,2,3]}' "$ada"
	works add '{"items":[{"text":"a"},{"text":"b","key":"k1"},{"text":"c"},{"text":"d"},{"text":"e"},{"text":"f"}]}' "$ada"
	works add '{"text":"of eve","request_id":"r"}' "$eve"
	all_of_ada >"$dir/before"
}

teardown_file() {
	stop
}

# After each test all of ada's is as it was.
teardown() {
	all_of_ada >"$dir/after"
	cmp "$dir/before" "$dir/after"
}

all_of_ada() {
	works collection_list '{}' "$ada"
	works prefs '{}' "$ada"
	for c in private arrays default; do
		works list "{\"collection\":\"$c\"}" "$ada"
	done
}

# as_missing REQUESTS: each line OP ARGS, with THERE for what is ada's, answers eve the same with a
# name or number in its place that nobody has.
as_missing() {
	local there=$1 missing=$2 op args a b n=0
	while read -r op args; do
		a=$(ask "$op" "${args//THERE/$there}" "$eve")
		b=$(ask "$op" "${args//THERE/$missing}" "$eve")
		jq -e . <<<"$a" >/dev/null
		same "${b//$missing/X}" "${a//$there/X}" || { echo "$op $args" >&2; return 1; }
		echo "$op" >>"$dir/asked"
		n=$((n + 1))
	done
	[ "$n" -gt 0 ]
}

@test "every operation on somebody else's collection" {
	as_missing private absent1 <<-'E'
		prefs {"collection":"THERE"}
		collection_show {"name":"THERE"}
		collection_drop {"name":"THERE"}
		add {"collection":"THERE","text":"mine"}
		add {"collection":"THERE","items":[{"text":"mine"}]}
		add {"collection":"THERE","text":"mine","key":"k1"}
		add {"collection":"THERE","text":"mine","request_id":"x"}
		add {"collection":"THERE","text":" "}
		add {"collection":"THERE","vector":[1,2]}
		get {"collection":"THERE","ids":[0]}
		get {"collection":"THERE","ids":[0,99],"with_vector":true}
		list {"collection":"THERE"}
		update {"collection":"THERE","id":0,"text":"mine"}
		update {"collection":"THERE","id":0,"meta":null}
		update {"collection":"THERE","id":0,"vector":[1]}
		delete {"collection":"THERE","id":0}
		delete {"collection":"THERE","ids":[0,1]}
		delete {"collection":"THERE","keys":["k1"]}
		similarity {"collection":"THERE","id":0}
		similarity {"collection":"THERE","text":"secret"}
		similarity {"collection":"THERE","vector":[1]}
		distance {"collection":"THERE","id1":0,"id2":1}
		embed {"collection":"THERE","texts":["x"]}
		count {"collection":"THERE"}
		stats {"collection":"THERE"}
		verify {"collection":"THERE"}
		compact {"collection":"THERE"}
		reindex {"collection":"THERE"}
		reindex {"collection":"THERE","metric":"l2"}
	E
}

@test "somebody else's collection is not_found, and not listed" {
	same 'no collection private' "$(fails not_found count '{"collection":"private"}' "$eve")"
	works collection_list '{}' "$eve" | jq -e '[.collections[].name] == ["default"]'
}

@test "every operation on an id that only somebody else has" {
	as_missing 5 7 <<-'E'
		get {"ids":[THERE]}
		get {"ids":[THERE],"with_vector":true}
		update {"id":THERE,"text":"mine"}
		update {"id":THERE,"meta":{}}
		delete {"id":THERE}
		delete {"ids":[THERE]}
		similarity {"id":THERE}
		distance {"id1":THERE,"id2":0}
		distance {"id1":0,"id2":THERE}
		list {"after":THERE}
	E
	as_missing k1 kX <<-'E'
		delete {"keys":["THERE"]}
	E
}

@test "searches find one's own alone" {
	works similarity '{"text":"a b c d e f the first secret","k":100}' "$eve" |
		jq -e '[.results[].text] == ["of eve"]'
	same '{"count":1}' "$(works count '{}' "$eve")"
	works verify '{}' "$eve" | jq -e '.checked == 1'
	works stats '{}' "$eve" | jq -e '.live == 1'
}

@test "names, keys and request_ids of others are free" {
	works collection_create '{"name":"private","embedder":"none","dim":2}' "$eve"
	works add '{"collection":"private","vector":[1,2],"key":"k1","request_id":"r2"}' "$eve" | jq -e '.id == 0'
	works count '{"collection":"private"}' "$ada" | jq -e '.count == 3'
	works collection_drop '{"name":"private"}' "$eve"
	works count '{"collection":"private"}' "$ada" | jq -e '.count == 3'
}

@test "who the token is for decides, not the connection" {
	{
		request whoami '{}' "$ada"
		request whoami '{}' "$eve"
		request count '{"collection":"private"}' "$eve"
		request count '{"collection":"private"}' "$ada"
		request count '{"collection":"private"}' ''
	} | wire | jq -c '[.result.username, .result.count, .error.name]' >"$BATS_TEST_TMPDIR/answers"
	same "$(printf '["ada",null,null]\n["eve",null,null]\n[null,null,"not_found"]\n[null,3,null]\n[null,null,"unauthenticated"]')" \
		"$(cat "$BATS_TEST_TMPDIR/answers")"
}

@test "every operation that takes a collection, an id or a key is in the tables above" {
	same '' "$(comm -23 <(sed -n 's/^\t{ "\([a-z_]*\)", ARGS.*/\1/p' "$root/daemon/ops.c" | sort -u) \
		<(cat "$dir/asked" <(printf '%s\n' ping metrics register login logout passwd whoami collection_create collection_list snapshot) | sort -u))"
}
