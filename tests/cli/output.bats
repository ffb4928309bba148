# What results look like: on a terminal, in a pipe, on a full disk.

load helper

setup_file() {
	isolate
	daemon_start
	log_in
	coolvec collection create t --embedder none --dim 1 --metric l2
	echo '[1] [2] [4]' | coolvec add -c t --vector - "first" \
		"$(printf '\u4f60\u597d%.0s' {1..40})" $'tab\there \033[31mred\033[0m \u202ereversed \u009b1m'
	seq 1 5000 >lines
	coolvec collection create many >/dev/null
	coolvec add -c many - <lines >/dev/null
}

teardown_file() {
	daemon_stop
}

setup() {
	isolate
}

@test "on a terminal results are a table with a bold header" {
	run -0 on_terminal coolvec similarity -c t 0 -k 1
	[ "${lines[0]}" = $'\033[1mid  distance  text\033[0m' ]
	[[ ${lines[1]} == ' 1  1.000000  '* ]]
}

@test "NO_COLOR, and TERM dumb, leave the header plain" {
	NO_COLOR=1 run -0 on_terminal coolvec list -c t --limit 1
	[ "$output" = $'id  text\n 0  first' ]
	TERM=dumb run -0 on_terminal coolvec list -c t --limit 1
	[ "$output" = $'id  text\n 0  first' ]
}

@test "a text is cut to the terminal's width, two columns for a wide character" {
	NO_COLOR=1 run -0 on_terminal coolvec list -c t
	# 60 columns less the id and the gap are 56: 27 wide characters and the mark of the cut
	[ "${lines[2]}" = " 1  $(printf '\u4f60\u597d%.0s' {1..13})$(printf '\u4f60\u2026')" ]
}

@test "the table follows the terminal's width" {
	NO_COLOR=1 run -0 script -qec "stty cols 20; coolvec list -c t --limit 2" /dev/null
	[[ ${lines[2]} == " 1  $(printf '\u4f60\u597d%.0s' {1..3})$(printf '\u4f60\u2026')"* ]]
	export NO_COLOR=1 COLUMNS=30
	run -0 script -qec "stty cols 0; coolvec list -c t --limit 2" /dev/null
	[[ ${lines[2]} == " 1  $(printf '\u4f60\u597d%.0s' {1..6})$(printf '\u2026')"* ]]
}

@test "no control character of a text reaches the terminal" {
	NO_COLOR=1 run -0 on_terminal coolvec get -c t 2
	[ "${lines[1]}" = ' 2  tab\there \x1b[31mred\x1b[0m \u{202e}reversed \xc2\x9b1m' ]
	NO_COLOR=1 run -0 on_terminal coolvec get -c t 2 --json
	[[ $output != *$'\033'* && $output != *$'\u009b'* ]]
	[ "$(jq -r .text <<<"$output")" = $'tab\there \033[31mred\033[0m \u202ereversed \u009b1m' ]
}

@test "numbers stand to the right, in line" {
	NO_COLOR=1 run -0 on_terminal coolvec list -c many --after 997 --limit 3
	[ "$output" = $'  id  text\n 998  999\n 999  1000\n1000  1001' ]
}

@test "a long table has one header" {
	NO_COLOR=1 run -0 on_terminal coolvec list -c many
	[ "${#lines[@]}" = 5001 ]
	[ "$(grep -c 'id  text' <<<"$output")" = 1 ]
}

@test "records stand in two columns" {
	NO_COLOR=1 run -0 on_terminal coolvec prefs
	[ "$output" = $'metric      cosine\ncollection  default' ]
}

@test "in a pipe there is no header and no escape" {
	coolvec list -c t --limit 1 | od -c | head -n 1 | grep -q '0  \\t   f   i   r   s   t  \\n'
}

@test "a reader that goes away ends the command quietly" {
	set -o pipefail
	status=0
	coolvec list -c many 2>err | head -n 1 >first || status=$?
	[ $status = 0 ] || [ $status = 141 ]
	[ "$(cat first)" = $'0\t1' ]
	[ ! -s err ]
	# also where the parent ignores SIGPIPE
	(trap '' PIPE; coolvec list -c many 2>err | head -n 1 >first) || true
	[ ! -s err ]
}

@test "a full disk is told, status 1" {
	run --separate-stderr -1 sh -c 'coolvec list -c many >/dev/full'
	[ "$stderr" = "coolvec: cannot write the results: No space left on device" ]
	run --separate-stderr -1 sh -c 'coolvec count -c many >/dev/full'
	[ "$stderr" = "coolvec: cannot write the results: No space left on device" ]
	run -1 sh -c 'coolvec help >/dev/full'
	run -1 sh -c 'coolvec stats --json >/dev/full'
}

@test "standard output that is closed is told, status 1" {
	run --separate-stderr -1 sh -c 'coolvec count >&-'
	[[ $stderr == "coolvec: cannot write the results: "* ]]
}

@test "progress is shown on a terminal when the results go elsewhere" {
	cat >progress.exp <<-'END'
		set timeout 20
		spawn -noecho sh -c "{ echo one; cat; } | coolvec add -c many - >ids"
		expect -re {1 added, [01]/s}
		send "\004"
		expect eof
		exit [lindex [wait] 3]
	END
	run -0 expect progress.exp
	[ "$(cat ids)" = 5000 ]
}

@test "--json is JSON, one object a line, for every command that has results" {
	for c in "list -c t" "get -c t 0" "similarity -c t 0" "distance -c t 0 1" "count -c t" whoami prefs \
		"collection list" "collection show t" "stats -c t" "verify -c t" ping "embed text" \
		"search -c many 7"; do
		# shellcheck disable=SC2086
		coolvec $c --json >lines
		[ -s lines ]
		[ "$(jq -c 'type' <lines | sort -u)" = '"object"' ]
		[ "$(jq -c . <lines | wc -l)" = "$(wc -l <lines)" ]
	done
}
