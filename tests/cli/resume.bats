# Adding what is there already, by its key.

load helper

setup_file() {
	isolate
	daemon_start
	log_in
}

teardown_file() {
	daemon_stop
}

setup() {
	isolate
	fresh
}

# Texts that were embedded, and slots that were given, so far.
embedded() {
	printf '{"op":"metrics"}\n' | socat - "UNIX-CONNECT:$COOLVEC_SOCKET" | jq .result.embedder.texts
}
slots() {
	coolvec stats -c t --json | jq .slots
}

@test "an import begun again embeds and writes nothing of what is there" {
	for i in $(seq 1200); do echo "{\"text\":\"text $i\",\"key\":\"k$i\",\"meta\":{\"n\":$i}}"; done >all
	head -n 700 all | coolvec add -c t --jsonl >first
	before=$(embedded)
	coolvec add -c t --jsonl <all >second
	[ "$(embedded)" = $((before + 500)) ]
	[ "$(slots)" = 1200 ]
	head -n 700 second | cmp - first
	[ "$(coolvec count -c t)" = 1200 ]
	coolvec add -c t --jsonl <all | cmp - second
	[ "$(slots)" = 1200 ]
	coolvec verify -c t
}

@test "when only the meta differs only the meta is written" {
	[ "$(coolvec add -c t --key k --meta '{"a":1}' "a text")" = 0 ]
	before=$(embedded)
	[ "$(coolvec add -c t --key k --meta '{"a":2}' "a text")" = 0 ]
	[ "$(coolvec get -c t 0 --fields text,key,meta)" = $'0\ta text\tk\t{"a":2}' ]
	[ "$(coolvec add -c t --key k "a text")" = 0 ]
	[ "$(coolvec get -c t 0 --fields text,key,meta)" = $'0\ta text\tk\t' ]
	[ "$(coolvec add -c t --key k --meta '{"b":1}' "a text")" = 0 ]
	[ "$(coolvec get -c t 0 --fields meta)" = $'0\t{"b":1}' ]
	[ "$(embedded)" = "$before" ]
	[ "$(slots)" = 1 ]
}

@test "another text is embedded, under the same id" {
	[ "$(coolvec add -c t --key k "a text")" = 0 ]
	before=$(embedded)
	[ "$(coolvec add -c t --key k "another text")" = 0 ]
	[ "$(embedded)" = $((before + 1)) ]
	[ "$(slots)" = 2 ]
	[ "$(coolvec search -c t "another text" | cut -f1,3)" = $'0\tanother text' ]
}

@test "vectors are compared too, bit by bit" {
	coolvec collection drop t --yes >/dev/null
	coolvec collection create t --embedder none --dim 2 >/dev/null
	add() {
		echo "$1" | coolvec add -c t --jsonl
	}
	[ "$(add '{"vector":[1,2],"key":"k"}')" = 0 ]
	[ "$(add '{"vector":"AACAPwAAAEA=","key":"k"}')" = 0 ]
	[ "$(slots)" = 1 ]
	[ "$(add '{"vector":[1,2.5],"key":"k"}')" = 0 ]
	[ "$(slots)" = 2 ]
	[ "$(add '{"vector":[1,2.5],"key":"k","text":"t"}')" = 0 ]
	[ "$(slots)" = 3 ]
	[ "$(add '{"vector":[1,2.5],"key":"k","text":"t"}')" = 0 ]
	[ "$(slots)" = 3 ]
	[ "$(coolvec get -c t 0 --json --vector | jq -c '.vector == [1,2.5]')" = true ]
}

@test "same, changed and new items in one batch each get their id" {
	coolvec add -c t --jsonl >/dev/null <<-'END'
		{"text": "one", "key": "a"}
		{"text": "two", "key": "b"}
		{"text": "three", "key": "c"}
	END
	coolvec add -c t --jsonl >ids <<-'END'
		{"text": "new", "key": "d"}
		{"text": "two", "key": "b"}
		{"text": "THREE", "key": "c"}
		{"text": "without a key"}
		{"text": "one", "key": "a", "meta": {"x": 1}}
	END
	[ "$(tr '\n' ' ' <ids)" = "3 1 2 4 0 " ]
	[ "$(slots)" = 6 ]
	[ "$(coolvec list -c t | cut -f2 | tr '\n' ,)" = "one,two,THREE,new,without a key," ]
	for text in one two THREE new "without a key"; do
		[ "$(coolvec search -c t "$text" -k 1 | cut -f3)" = "$text" ]
	done
	coolvec verify -c t
}

@test "writers of one key do not lose each other's items" {
	for w in 1 2 3 4; do
		for i in $(seq 60); do
			echo "{\"text\":\"text $((i % 3))\",\"key\":\"k\",\"meta\":{\"w\":$w}}"
			echo "{\"text\":\"own $w $i\",\"key\":\"own $w\"}"
		done | while read -r line; do echo "$line" | coolvec add -c t --jsonl; done >"ids$w" 3>&- &
		pids+=("$!")
	done
	for i in $(seq 30); do
		coolvec delete -c t --key k >/dev/null 2>&1 || true
	done
	for p in "${pids[@]}"; do wait "$p"; done
	for w in 1 2 3 4; do [ "$(wc -l <"ids$w")" = 120 ]; done
	[ "$(coolvec count -c t)" = 5 ]
	coolvec verify -c t
	text=$(coolvec list -c t --json | jq -r 'select(.key == "k").text')
	[ "$(coolvec search -c t "$text" -k 1 --json | jq -r .key)" = k ]
	[ "$(coolvec search -c t "$text" -k 1 --json | jq '.distance < 0.001')" = true ]
}

@test "what was left alone, and what came beside it, is there after a restart" {
	place=$BATS_TEST_TMPDIR
	isolate
	daemon_start
	log_in
	for i in 1 2 3; do echo "{\"text\":\"text $i\",\"key\":\"k$i\"}"; done >all
	coolvec add --jsonl <all >/dev/null
	coolvec add --jsonl <all >/dev/null
	coolvec delete 1 >/dev/null
	[ "$(coolvec add --jsonl <all | tr '\n' ' ')" = "0 3 2 " ]
	daemon_stop
	daemon_start
	[ "$(coolvec add --jsonl <all | tr '\n' ' ')" = "0 3 2 " ]
	coolvec verify
	[ "$(coolvec stats --json | jq -c '[.slots, .live, .index_note]')" = '[4,3,""]' ]
	daemon_stop
}
