#!/usr/bin/env bats
# embed_gemini.bats - collections embedded by Gemini.

load embed

setup_file() {
	setup_embed
}

teardown_file() {
	standin_stop
}

setup() {
	plan ok
	gemini
}

teardown() {
	daemon_stop
}

@test "with a GOOGLE_API_KEY a new collection is Gemini's, and show says so" {
	fresh
	run coolvec collection show t --json
	[ "$(jq -c '.embedder' <<<"$output")" = \
		'{"provider":"gemini","model":"gemini-embedding-001","version":"1","dim":16}' ]
	coolvec collection create mine --embedder local --dim 64 >/dev/null
	[ "$(coolvec collection show mine --json | jq -r .embedder.provider)" = local ]
	coolvec add -c mine "stays here"
	[ "$(requests .path)" = "" ]
}

@test "a text is sent with key, task and dim, and comes back as a unit vector" {
	fresh
	coolvec add -c t "red apples"
	[ "$(requests .path)" = '"/v1beta/models/gemini-embedding-001:embedContent"' ]
	[ "$(requests .key)" = "\"$key\"" ]
	[ "$(requests .body)" = '{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"red apples"}]},"outputDimensionality":16,"taskType":"RETRIEVAL_DOCUMENT"}' ]
	run coolvec embed -c t "red apples" --json
	[ "$(jq '(.vector // .) | map(. * .) | add | . > 0.99999 and . < 1.00001' <<<"$output")" = true ]
}

@test "what is searched for is a query, what is stored a document" {
	fresh
	coolvec add -c t "green pears" "blue plums"
	coolvec search -c t "pears"
	coolvec update -c t 1 --text "black plums"
	[ "$(requests '.body.taskType // .body.requests[].taskType')" = '"RETRIEVAL_DOCUMENT"
"RETRIEVAL_DOCUMENT"
"RETRIEVAL_QUERY"
"RETRIEVAL_DOCUMENT"' ]
}

@test "many texts go a hundred a request, model in each, in order, and each once" {
	local v
	fresh
	seq 1 350 | sed 's/^/number /' | coolvec add -c t - >"$BATS_TEST_TMPDIR/ids"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ids")" -eq 350 ]
	[ "$(requests -s 'map(.n) | sort')" = "[50,100,100,100]" ]
	[ "$(requests -s 'map(.body.requests[].model) | unique')" = '["models/gemini-embedding-001"]' ]
	plan ok
	# an id has the vector of its own text: asked for alone it is the same
	run coolvec similarity -c t --vector - -k 1 <<<"$(coolvec embed -c t "number 218")"
	[[ $output == 217$'\t'* ]]
	[ "$(cut -f2 <<<"$output" | awk '{ print ($1 < 1e-6) }')" = 1 ]
	[ "$(requests .n)" = "" ]	# it was kept
}

@test "the same text twice is embedded once" {
	fresh
	printf '%s\n' same other same same | coolvec add -c t -
	[ "$(requests .texts)" = '["same","other"]' ]
	coolvec add -c t same
	[ "$(requests -s length)" -eq 1 ]
	[ "$(coolvec count -c t)" -eq 5 ]
}

@test "a batch with a bad item is not sent before the others are known to be good" {
	fresh
	run --separate-stderr coolvec add -c t --jsonl - <<<'{"text":"fine text"}
{"text":"  "}
{"key":"nothing"}'
	[ "$status" -eq 6 ]
	[[ $stderr == *"text is blank"* ]]
	[ "$(requests -c .texts)" = '["fine text"]' ]
	[ "$(coolvec count -c t)" -eq 1 ]
}

@test "the second model is another space, with its task in the text" {
	gemini EMBED_MODEL=gemini-embedding-2
	fresh
	coolvec add -c t "a fox"
	coolvec search -c t "foxes"
	[ "$(requests '[.path, .texts[0], (.body | has("taskType"))]')" = \
'["/v1beta/models/gemini-embedding-2:embedContent","title: none | text: a fox",false]
["/v1beta/models/gemini-embedding-2:embedContent","task: search result | query: foxes",false]' ]
	# the collection stays with its model when the setting is another one
	gemini
	plan ok
	coolvec add -c t "a hare"
	[ "$(requests .path)" = '"/v1beta/models/gemini-embedding-2:embedContent"' ]
	# with other prefixes its vectors would be of another space
	gemini EMBED_MODEL=gemini-embedding-2 EMBED_DOCUMENT_PREFIX="doc: "
	run --separate-stderr coolvec add -c t "a bear"
	[ "$status" -eq 8 ]
	[[ $stderr == *"EMBED_DOCUMENT_PREFIX"* ]]
}

@test "without its key later: an error that says what to do, and never another embedder" {
	fresh
	coolvec add -c t "one"
	daemon_with EMBED_DIM=64
	run --separate-stderr coolvec add -c t "two"
	[ "$status" -eq 7 ]
	[[ $stderr == *"set GOOGLE_API_KEY"* ]]
	[ "$(coolvec count -c t)" -eq 1 ]
	[ "$(coolvec similarity -c t 0 | wc -l)" -eq 0 ]
	coolvec add -c t "one"	# its vector is known
	[ "$(coolvec collection show t --json | jq -r .embedder.provider)" = gemini ]
}

@test "EMBEDDER=local is above the key" {
	gemini EMBEDDER=local EMBED_DIM=64
	fresh
	[ "$(coolvec collection show t --json | jq -r .embedder.provider)" = local ]
}

@test "stats and the wire's metrics count calls, texts and errors" {
	local calls texts errors
	fresh
	calls=$(stat_of calls) texts=$(stat_of texts) errors=$(stat_of errors)
	coolvec add -c t "counted $RANDOM$RANDOM" "and counted $RANDOM$RANDOM"
	plan "status 400"
	run coolvec add -c t "not counted"
	[ "$(stat_of calls)" -eq $((calls + 2)) ]
	[ "$(stat_of texts)" -eq $((texts + 2)) ]
	[ "$(stat_of errors)" -eq $((errors + 1)) ]
}

@test "the key is in no file, no log and no error" {
	coolvec stats >/dev/null
	no_key_in "$place/data" "$place/log"
	grep -q 'x-goog-api-key\|"key":"AIza' "$asked" || plan ok
	run grep -c "$key" "/proc/$daemon/cmdline"
	[ "$output" = 0 ]
}
