#!/usr/bin/env bats
# words.bats - tables of words: imported, embedded with, lost, replaced.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	cat >"$place/words.txt" <<-END
		8 4
		the 0.2 0.1 0.1 0.9
		and 0.1 0.2 0.1 0.9
		cat 0.9 0.0 0.1 0.3
		kitten 0.85 0.05 0.1 0.35
		car 0.0 0.9 0.1 0.3
		automobile 0.05 0.88 0.0 0.3
		bread 0.1 0.0 0.9 0.3
		loaf 0.05 0.1 0.85 0.35
	END
}

teardown() {
	[ -z "${daemon:-}" ] || kill "$daemon" || true
}

import() {
	"$build/coolvecd" --env /dev/null --data "$place/data" --import-words "$@"
}

start() {
	import "$place/words.txt" small >/dev/null
	daemon_start
	log_in
}

again() {
	daemon_stop
	daemon_start
}

@test "a table is imported from a file or standard input, and says what came of it" {
	run -0 import "$place/words.txt" small
	[ "$output" = "$place/data/words/small.words: 8 of 8 words (0 fold to one before them, 0 no text holds, 0 are not UTF-8), 4 components, 184 bytes" ]
	import - again <"$place/words.txt"
	cmp "$place/data/words/small.words" "$place/data/words/again.words"
	[ "$(stat -c %a "$place/data/words/small.words")" = 600 ]
	[ "$(head -c 7 "$place/data/words/small.words")" = COOLWRD ]
}

@test "an import that cannot be leaves nothing" {
	sed -i '5s/0.35/0.x5/' "$place/words.txt"
	run -1 import "$place/words.txt" small
	[ "$output" = "coolvecd: $place/words.txt, line 5: number 4 of 4 is none, or too large" ]
	head -n 4 "$place/words.txt" >"$place/cut.txt"
	run -1 import "$place/cut.txt" small
	[ "$output" = "coolvecd: $place/cut.txt has 3 words, and its first line says 8: is it whole?" ]
	run -1 import "$place/missing.txt" small
	[ "$output" = "coolvecd: cannot open $place/missing.txt: No such file or directory" ]
	run -1 import "$place/words.txt" ../small
	[[ $output = *"cannot be called \"../small\""* ]]
	run -1 import "$place" small
	[[ $output = *"cannot read $place: Is a directory" ]]
	run -2 import "$place/words.txt"
	run -2 import "$place/words.txt" small more
	[ ! -e "$place/data/words" ]
}

@test "a collection of words finds what means the same" {
	start
	run -0 coolvec collection create t --embedder words/small --json
	jq -e '.embedder | .provider == "words" and .model == "small" and .dim == 512 and
		(.version | test("^1-1-u[0-9.]+-[0-9a-f]{16}$"))' <<<"$output"
	coolvec add -c t "the cat" "the car" "the bread" >/dev/null
	[ "$(coolvec search -c t "automobile" -k 1 | cut -f3)" = "the car" ]
	[ "$(coolvec search -c t "a loaf" -k 1 | cut -f3)" = "the bread" ]
	[ "$(coolvec search -c t "kitten" -k 1 | cut -f3)" = "the cat" ]
}

@test "words compare meaning: the remark of the local embedder is not made" {
	start
	coolvec collection create t --embedder words/small >/dev/null
	COOLVEC_QUIET= run -0 --separate-stderr coolvec add -c t "the cat"
	[ -z "$stderr" ]
}

@test "EMBEDDER and EMBED_MODEL choose the table of new collections" {
	export EMBEDDER=words EMBED_MODEL=small EMBED_DIM=128
	start
	coolvec add "the cat" >/dev/null
	coolvec collection show default --json | jq -e '.embedder | .model == "small" and .dim == 128'
	coolvec collection create w --embedder words --json | jq -e '.embedder.model == "small"'
	coolvec collection create l --embedder local --json | jq -e '.embedder.model == "ngram"'
	coolvec collection create n --embedder none --dim 2 --json | jq -e '.embedder == null'
}

@test "embedders of words that cannot be are refused" {
	start
	run -2 coolvec collection create t --embedder words
	[[ $output = *"needs the name of a table: EMBED_MODEL, or words/NAME"* ]]
	run -2 coolvec collection create t --embedder words/missing
	[[ $output = *"missing.words: No such file or directory"* ]]
	run -2 coolvec collection create t --embedder words/../small
	[[ $output = *"cannot be called"* ]]
	run -2 coolvec collection create t --embedder words/small --dim 67
	[[ $output = *"has dimensions 68 to 4096, not 67"* ]]
	run -2 coolvec collection create t --embedder none/small --dim 4
	run -2 coolvec collection create t --embedder a-name-of-sixteen/small
	run -2 coolvec collection create t --embedder "words/$(printf 'a%.0s' {1..64})"
	[ -z "$(coolvec collection list)" ]
}

@test "without its table a collection takes no texts, and serves what it has" {
	start
	coolvec collection create t --embedder words/small >/dev/null
	coolvec add -c t "the cat" "the car" "a kitten" >/dev/null
	rm "$place/data/words/small.words"
	again
	run -8 coolvec add -c t "bread"
	[[ $output = *"collection t was embedded by words/small version 1-1-u"*", which this daemon does not have"* ]]
	run -8 coolvec search -c t "bread"
	[ "$(coolvec similarity -c t 0 -k 1 | cut -f3)" = "a kitten" ]
	[ "$(coolvec count -c t)" = 3 ]
	grep -q "small.words: No such file" "$place/log"
}

@test "another table is another space, and the same one imported again is the same" {
	start
	coolvec collection create t --embedder words/small >/dev/null
	coolvec add -c t "the cat" >/dev/null
	sed 's/0.85 /0.84 /' "$place/words.txt" | import - small >/dev/null
	coolvec add -c t "the car" >/dev/null		# the daemon has the old one open
	again
	run -8 coolvec add -c t "bread"
	[[ $output = *"which this daemon does not have"* ]]
	import "$place/words.txt" small >/dev/null
	again
	coolvec add -c t "bread"
	[ "$(coolvec count -c t)" = 3 ]
}

@test "a damaged table is a sentence" {
	start
	coolvec collection create t --embedder words/small >/dev/null
	coolvec add -c t "the cat" >/dev/null
	printf x | dd of="$place/data/words/small.words" bs=1 seek=100 conv=notrunc status=none
	run -2 coolvec collection create u --embedder words/small
	[[ $output = *"small.words is damaged: its checksum is wrong"* ]]
	again
	run -8 coolvec add -c t "bread"
	grep -q "small.words is damaged" "$place/log"
}

@test "a table that is cut short under the daemon: its collection says so, the others serve" {
	start
	coolvec collection create t --embedder words/small >/dev/null
	coolvec add -c t "the cat and the kitten" >/dev/null
	coolvec add "a text of another collection" >/dev/null
	for size in 100 0; do
		truncate -s $size "$place/data/words/small.words"
		run --separate-stderr -7 coolvec add -c t "the car and the automobile $size"
		[[ $stderr == *"the table of words was cut short while it was open"* ]]
		[ "$(coolvec search "a text" -k 1 | cut -f1)" = 0 ]
		[ "$(coolvec get -c t 0 | cut -f2)" = "the cat and the kitten" ]
	done
	daemon_stop
	import "$place/words.txt" small >/dev/null
	daemon_start
	coolvec login ada --password-file "$place/password"
	[ "$(coolvec search -c t "a kitten" -k 1 | cut -f1)" = 0 ]
}
