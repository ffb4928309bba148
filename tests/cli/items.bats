# add, get, list, count, update, delete, embed.

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

# --- add ---------------------------------------------------------------------------------------------

@test "add prints each id, in order" {
	run --separate-stderr -0 coolvec add -c t "first text" "second text"
	[ "$output" = $'0\n1' ]
	[ -z "$stderr" ]
	run -0 coolvec add -c t "third text" --json
	[ "$output" = '{"id":2}' ]
}

@test "add - takes a text a line, with LF, CR LF or none at the end, and skips blank lines" {
	printf 'one\n\n   \ntwo\r\n\r\nthree' | coolvec add -c t - >ids
	[ "$(cat ids)" = $'0\n1\n2' ]
	[ "$(coolvec list -c t | cut -f2)" = $'one\ntwo\nthree' ]
}

@test "add -0 takes texts that have line ends in them" {
	printf 'line\nline\0other\0' | coolvec add -c t -0 >ids
	[ "$(cat ids)" = $'0\n1' ]
	[ "$(coolvec get -c t 0 --json | jq -r .text)" = $'line\nline' ]
}

@test "add --jsonl takes text, key, meta and vector" {
	coolvec collection drop t --yes >/dev/null
	coolvec collection create t --embedder none --dim 2 >/dev/null
	coolvec add -c t --jsonl >ids <<-'END'
		{"vector": [1, 2], "text": "kept beside it", "key": "k1", "meta": {"n": 1}}
		{"vector": "AACAPwAAAEA="}
	END
	[ "$(cat ids)" = $'0\n1' ]
	coolvec get -c t 0 1 --json --vector | jq -se '.[0].key == "k1" and .[0].meta.n == 1 and
		.[0].text == "kept beside it" and .[0].vector == [1,2] and .[1].vector == [1,2] and
		.[1].text == null'
}

@test "bad lines are told by their number, left out, and the rest is stored: status 6" {
	printf 'good\nbad \377 byte\n\nalso good\n' >lines
	run --separate-stderr -6 coolvec add -c t - <lines
	[ "$output" = $'0\n1' ]
	[ "$stderr" = "coolvec: line 2: the text is not UTF-8" ]
	[ "$(coolvec list -c t | cut -f2)" = $'good\nalso good' ]
}

@test "a line that is too long is told, and what follows is stored" {
	{ echo before; head -c 3000000 /dev/zero | tr '\0' x; echo; echo after; } >lines
	run --separate-stderr -6 coolvec add -c t - <lines
	[ "$output" = $'0\n1' ]
	[ "$stderr" = "coolvec: line 2: longer than 1048576 bytes" ]
	[ "$(coolvec list -c t | cut -f2)" = $'before\nafter' ]
}

@test "what the daemon refuses in a batch is told by its line too" {
	cat >lines <<-'END'
		{"text": "fine"}
		{"text": "unknown member", "colour": "red"}
		{"nothing": 1}
		not json
		[1]
		{"text": "fine too", "meta": {"a": 1}}
		{"text": "bad meta", "meta": 3}
	END
	run --separate-stderr -6 coolvec add -c t --jsonl - <lines
	[ "$output" = $'0\n1' ]
	[ "$(grep -c '^coolvec: line [23457]: ' <<<"$stderr")" = 5 ]
	[ "$(wc -l <<<"$stderr")" = 5 ]
	[ "$(coolvec count -c t)" = 2 ]
}

@test "when no line is good the status is that of the fault" {
	printf '\377\n' >lines
	run -2 coolvec add -c t - <lines
	coolvec collection create v --embedder none --dim 3 >/dev/null
	echo '{"vector": [1, 2]}' >lines
	run --separate-stderr -8 coolvec add -c v --jsonl <lines
	[[ $stderr == "coolvec: line 1: "* ]]
	run -8 coolvec add -c v "a text where there is no embedder"
	coolvec collection drop v --yes
}

@test "nothing on standard input is nothing to do" {
	run --separate-stderr -0 coolvec add -c t - </dev/null
	[ -z "$output$stderr" ]
}

@test "add without a text says how, status 2" {
	run --separate-stderr -2 coolvec add </dev/null
	[[ $stderr == *"usage: coolvec add"* ]]
	run -2 coolvec add -c t ""
}

@test "add --key replaces, add --meta keeps" {
	[ "$(coolvec add -c t --key greeting "hello")" = 0 ]
	[ "$(coolvec add -c t --key greeting --meta '{"lang":"en"}' "good day")" = 0 ]
	[ "$(coolvec get -c t 0 --fields text,key,meta)" = $'0\tgood day\tgreeting\t{"lang":"en"}' ]
	run -2 coolvec add -c t --key two "a" "b"
	run -2 coolvec add -c t --meta '[1]' "a"
	run -2 coolvec add -c t --meta '{' "a"
}

@test "add --vector takes vectors alone or with as many texts" {
	coolvec collection create v --embedder none --dim 2 >/dev/null
	echo '[1,2] [3,
		4] AACAPwAAAEA=' >vectors
	[ "$(coolvec add -c v --vector vectors | tr '\n' ' ')" = "0 1 2 " ]
	echo '[5,6]' | coolvec add -c v --vector - "a text"
	coolvec get -c v --vector 1 2 3 --json | jq -se 'map(.vector) == [[3,4],[1,2],[5,6]]'
	run --separate-stderr -2 coolvec add -c v --vector vectors "a text"
	[[ $stderr == *"3 vectors for 1 texts"* ]]
	echo '[1,' >vectors
	run -2 coolvec add -c v --vector vectors
	echo '[1,2,3]' >vectors
	run -8 coolvec add -c v --vector vectors
	: >vectors
	run -2 coolvec add -c v --vector vectors
	run -2 coolvec add -c v --vector missing
	coolvec collection drop v --yes
}

@test "many lines come back with their ids in order" {
	seq 1 3000 | sed 's/^/text number /' >lines
	coolvec add -c t - <lines >ids
	seq 0 2999 | cmp - ids
	coolvec list -c t | cut -f2 | cmp - lines
}

@test "lines are stored while the input is still open" {
	mkfifo in out
	coolvec add -c t - <in >out 3>&- &
	exec 7>in 8<out
	echo "one line" >&7
	read -r id <&8
	[ "$id" = 0 ]
	[ "$(coolvec get -c t 0)" = $'0\tone line' ]
	echo "another" >&7
	read -r id <&8
	exec 7>&- 8<&-
	wait $!
	[ "$id" = 1 ]
}

@test "Ctrl-C says what was kept, status 130" {
	mkfifo in2 out2
	env --default-signal=INT coolvec add -c t - <in2 >out2 2>err 3>&- &
	pid=$!
	exec 7>in2 8<out2
	printf 'one\ntwo\n' >&7
	read -r id <&8
	read -r id <&8
	kill -INT $pid
	status=0
	wait $pid || status=$?
	exec 7>&- 8<&-
	[ $status = 130 ]
	[ "$(cat err)" = "coolvec: interrupted: 2 added" ]
	[ "$(coolvec count -c t)" = 2 ]
}

@test "--progress tells count and rate off a terminal" {
	mkfifo in3 out3
	coolvec add -c t - --progress <in3 >out3 2>err 3>&- &
	exec 7>in3 8<out3
	echo "one line" >&7
	read -r id <&8
	until grep -q . err; do :; done
	exec 7>&- 8<&-
	wait $!
	grep -q '^coolvec: 1 added, [01]/s$' err
}

@test "Unicode and control characters are stored as they are and shown escaped" {
	text=$'na\u00efve \u4f60\u597d \U0001f600 e\u0301 tab\there back\\slash \033[31mred\033[0m \u009b31m'
	coolvec add -c t "$text"
	[ "$(coolvec get -c t 0 --json | jq -j .text | xxd)" = "$(printf '%s' "$text" | xxd)" ]
	[ "$(coolvec get -c t 0)" = $'0\tna\u00efve \u4f60\u597d \U0001f600 e\u0301 tab\\there back\\\\slash \\x1b[31mred\\x1b[0m \\xc2\\x9b31m' ]
	run -0 coolvec get -c t 0 --json
	[[ $output != *$'\u009b'* && $output != *$'\033'* ]]
}

@test "the remark on the local embedder is made once, on standard error, unless quiet" {
	export COOLVEC_QUIET=
	run --separate-stderr -0 coolvec add -c t "a" "b"
	[ "$stderr" = "coolvec: the local embedder compares words and spelling, not meaning" ]
	run --separate-stderr -0 coolvec search -c t "a" "b"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	run --separate-stderr -0 coolvec similarity -c t 0
	[ -z "$stderr" ]
	run --separate-stderr -0 coolvec search -c t "a" -q
	[ -z "$stderr" ]
	COOLVEC_QUIET=1 run --separate-stderr -0 coolvec embed "a"
	[ -z "$stderr" ]
}

# --- get, list, count --------------------------------------------------------------------------------

@test "get shows items in the order asked, from arguments and from standard input" {
	coolvec add -c t "zero" "one" "two"
	[ "$(coolvec get -c t 2 0)" = $'2\ttwo\n0\tzero' ]
	[ "$(printf '1\n2\n' | coolvec get -c t)" = $'1\tone\n2\ttwo' ]
	[ "$(printf '1\n2\n' | coolvec get -c t -)" = $'1\tone\n2\ttwo' ]
	[ "$(printf '0\0' | coolvec get -c t -0)" = $'0\tzero' ]
}

@test "get tells what is not there: 6 for some, 3 for all" {
	coolvec add -c t "zero"
	run --separate-stderr -6 coolvec get -c t 0 9
	[ "$output" = $'0\tzero' ]
	[ "$stderr" = "coolvec: no vector 9 in collection t" ]
	run --separate-stderr -3 coolvec get -c t 9
	[ -z "$output" ]
	printf 'x\n0\n' >ids
	run --separate-stderr -6 coolvec get -c t - <ids
	[ "$stderr" = 'coolvec: line 1: an id is a number from 0, not "x"' ]
}

@test "get --vector shows the vectors, as JSON in every form" {
	coolvec collection create v --embedder none --dim 2 >/dev/null
	echo '[0.5,-2]' | coolvec add -c v --vector -
	[ "$(coolvec get -c v 0 --vector)" = $'0\t\t[0.5,-2.0]' ]
	coolvec get -c v 0 --vector --json | jq -e '.vector == [0.5, -2]'
	coolvec get -c v 0 --json | jq -e 'has("vector") | not'
	coolvec collection drop v --yes
}

@test "list goes through all pages, and --limit and --after through a part" {
	seq 1 2500 | coolvec add -c t - >/dev/null
	[ "$(coolvec list -c t | wc -l)" = 2500 ]
	[ "$(coolvec list -c t --limit 1500 | tail -n 1)" = $'1499\t1500' ]
	[ "$(coolvec list -c t --after 2497 | cut -f1)" = $'2498\n2499' ]
	[ "$(coolvec ls -c t --after 3 --limit 2 --json | jq -c '[.id,.text,.key,.meta]')" = \
		$'[4,"5",null,null]\n[5,"6",null,null]' ]
	[ "$(coolvec count -c t)" = 2500 ]
	coolvec count -c t --json | jq -e '. == {"count": 2500}'
	run -2 coolvec list --limit 0
}

@test "--fields chooses the columns" {
	coolvec add -c t --key k --meta '{"a":[1,"\t"]}' "text"
	[ "$(coolvec list -c t --fields key,text)" = $'0\tk\ttext' ]
	[ "$(coolvec list -c t --fields meta)" = $'0\t{"a":[1,"\\\\t"]}' ]
	run --separate-stderr -2 coolvec list -c t --fields colour
	[[ $stderr == *"text,key,meta"* ]]
}

# --- update, delete ----------------------------------------------------------------------------------

@test "update changes text, meta and vector, and keeps the id" {
	coolvec add -c t --meta '{"a":1}' "before"
	[ "$(coolvec update -c t 0 --text "after")" = 0 ]
	[ "$(coolvec get -c t 0 --fields text,meta)" = $'0\tafter\t{"a":1}' ]
	printf 'from\nstandard input\n' | coolvec update -c t 0 --text -
	[ "$(coolvec get -c t 0 --json | jq -r .text)" = $'from\nstandard input' ]
	[ "$(coolvec update -c t 0 --meta null --json)" = '{"id":0}' ]
	[ "$(coolvec get -c t 0 --fields meta)" = $'0\t' ]
	coolvec embed -c t "vector of another" | coolvec update -c t 0 --vector -
	[ "$(coolvec search -c t "vector of another" -k 1 | cut -f1)" = 0 ]
	run -2 coolvec update -c t 0
	run -3 coolvec update -c t 7 --text "x"
	run -2 coolvec update -c t 0 --meta '"x"'
	run -2 coolvec update -c t 0 --text $'\377'
}

@test "delete prints what it deleted, from arguments and from standard input" {
	coolvec add -c t a b c d e >/dev/null
	[ "$(coolvec delete -c t 1 3)" = $'1\n3' ]
	[ "$(printf '0\n' | coolvec rm -c t -)" = 0 ]
	[ "$(printf '4\n' | coolvec delete -c t --json)" = '{"id":4}' ]
	[ "$(coolvec list -c t)" = $'2\tc' ]
}

@test "delete tells what is not there: 6 for some, 3 for all" {
	coolvec add -c t a >/dev/null
	run --separate-stderr -6 coolvec delete -c t 5 0
	[ "$output" = 0 ]
	[ "$stderr" = "coolvec: no vector 5 in collection t" ]
	run -3 coolvec delete -c t 0
	run -0 coolvec delete -c t </dev/null
}

@test "delete --key deletes the item of that key" {
	coolvec add -c t --key k "text" >/dev/null
	run -3 coolvec delete -c t --key other
	[ "$(coolvec delete -c t --key k)" = 0 ]
	run -3 coolvec delete -c t --key k
	run -2 coolvec delete -c t --key k 3
}

# --- embed -------------------------------------------------------------------------------------------

@test "embed prints a vector a line, the one that add would store" {
	coolvec embed -c t "some text" "other text" >vectors
	[ "$(wc -l <vectors)" = 2 ]
	coolvec add -c t "some text" >/dev/null
	coolvec get -c t 0 --vector --json | jq -c .vector >stored
	[ "$(head -n 1 vectors | jq -c .)" = "$(cat stored)" ]
	[ "$(coolvec count -c t)" = 1 ]
}

@test "embed --base64 and --json are what add takes" {
	coolvec embed -c t "some text" --base64 >b64
	coolvec add -c t --vector b64 "as base64" >/dev/null
	coolvec embed -c t --json "some text" | coolvec add -c t --jsonl >/dev/null
	coolvec embed -c t --json --base64 "some text" | coolvec add -c t --jsonl >/dev/null
	[ "$(coolvec distance -c t 0 1 --metric l2)" = 0 ]
	[ "$(coolvec distance -c t 1 2 --metric l2)" = 0 ]
	[ "$(coolvec get -c t 1)" = $'1\tsome text' ]
}

@test "embed - goes line by line and tells the bad ones" {
	printf 'one\n\377\ntwo\n' >lines
	run --separate-stderr -6 coolvec embed -c t - <lines
	[ "${#lines[@]}" = 2 ]
	[ "$stderr" = "coolvec: line 2: the text is not UTF-8" ]
	printf 'a\0b' | coolvec embed -c t -0 | jq -se 'length == 2 and (.[0] | length) == (.[1] | length)'
	run -2 coolvec embed </dev/null
}
