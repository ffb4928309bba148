# The prompt, through a terminal: lines, history, completion, Ctrl-C, and a daemon that goes away.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	export TERM=dumb
	daemon_start
	log_in
	coolvec add "zero the cat" "one the dog" >/dev/null
	coolvec collection create points --embedder none --dim 1 --metric l2 >/dev/null
	history=$XDG_STATE_HOME/coolvec/history
}

teardown() {
	[ -z "$daemon" ] || daemon_stop
}

# converse SCRIPT: at the prompt, with `say LINE PATTERN`, which waits for what comes and for the next
# prompt, and `want PATTERN`.  A script that waits for nothing that comes fails.
converse() {
	{
		cat <<-'END'
			set timeout 20
			set prompt {(\w+:\w+|\(not \w+ ?\w*\))( \(not connected\))?> $}
			proc fail {what} { puts "\n!!! $what"; exit 99 }
			proc want {pattern} {
				expect -re $pattern {} timeout { fail "no $pattern" } eof { fail "ended before $pattern" }
			}
			proc say {line pattern} {
				send -- "$line\r"
				want $pattern
				want $::prompt
			}
			# what is typed before the line discipline is back would be taken as it is
			proc cooked {} {
				while {![string match {* icanon *} [exec stty -a < $::spawn_out(slave,name)]]} { after 20 }
			}
			proc leave {} {
				expect eof {} timeout { fail "it does not end" }
				exit [lindex [wait] 3]
			}
			eval spawn -noecho $::env(prompt_command)
			want $prompt
		END
		echo "$1"
	} >"$BATS_TEST_TMPDIR/script.exp"
	export prompt_command=${prompt_command:-coolvec}
	run timeout 60 expect "$BATS_TEST_TMPDIR/script.exp"
	printf "%s\n" "$output"
}

@test "coolvec on a terminal is the prompt, which names the user and the collection" {
	converse 'say count {\n2\r} ; say "search cat -k 1" {zero the cat}; send "\004"; leave'
	[ "$status" = 0 ]
	[[ $output == *"ada:default> count"* ]]
	[[ $output == *"id  distance  text"* ]]
}

@test "\\q, quit and exit leave" {
	for word in '\\q' quit exit; do
		converse "send \"$word\r\"; leave"
		[ "$status" = 0 ]
	done
}

@test "\\c and use go to a collection that is there" {
	converse 'say {\c points} {} ; say count {\n0\r}; say {use default} {}; say count {\n2\r}
		say {use nowhere} {no collection nowhere}; say {\c points} {}; say {\c} {}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[[ $output == *"ada:points> count"*"ada:default> count"*"ada:default> \\c points"*"ada:default> quit"* ]]
	prompt_command="coolvec -c points repl" converse 'say "prefs --metric l2" {collection +default}
		say {stats} {collection.name +points}; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "words are quoted as in the shell" {
	converse 'say {add "a b" '"'"'c "d" \e'"'"' f\ g "h\"i"} {\n5\r}
		say "list --after 1 --json" {h..i}; say {add "open} {quote at character 5 is not closed}
		say "add x\\" {backslash at the end}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(coolvec list --after 1)" = $'2\ta b\n3\tc "d" \\\\e\n4\tf g\n5\th"i' ]
}

@test "an error is told with the usage, and the prompt stays" {
	converse 'say frobnicate {no command "frobnicate"}; say "similarity x" {id is a number}; say "distance 0" {too few.*usage: coolvec distance}
		say {\z} {there is no \\z}; say "get 99" {no vector 99}; say repl {the prompt already}
		say {\c a b} {usage: \\c}; say count {\n2\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "\\? and \\h explain" {
	converse 'say {\?} {\\watch \[SECONDS\].*\\q}; say {\h} {commands:.*similarity}
		say {\h collection create} {usage: coolvec collection create NAME}; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "\\timing, \\x and \\o" {
	converse 'say {\timing} {timing is on}; say count {\n2\r.*time: [0-9.]+ ms}; say {\timing} {is off}
		say {\x} {display is on}; say list {-- record 1\r\nid    0\r\ntext  zero the cat\r\n-- record 2}
		say {\x} {is off}; say {\o results} {}; say list {}; say "help ping" {}; say {\o} {}
		say count {\n2\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(head -n 3 results)" = $'0\tzero the cat\n1\tone the dog\nusage: coolvec ping' ]
	[ "$(grep -c "zero the cat" <<<"$output")" = 1 ]
}

@test "\\i runs a file up to the first that fails, \\! a shell" {
	printf '%s\n' '# a comment' '' 'add "from a file"' 'get 77' 'add never' >file
	echo '\i itself' >itself
	converse 'say {\i file} {\n2\r.*no vector 77}; say count {\n3\r}; say {\i missing} {cannot open missing}
		say {\i itself} {more than 16 deep}; say {\! echo "shell" $((40+2))} {shell 42}
		send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "\\watch repeats the last command until Ctrl-C" {
	converse 'say {\watch} {no command to repeat}; say {\watch x} {seconds from 1}; say count {\n2\r}
		send "\\watch 1\r"; want {every 1 s: count\r\n2\r}; want {every 1 s: count\r\n2\r}
		send "\003"; want $prompt; say count {\n2\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "Ctrl-C clears the line, and the prompt stays" {
	converse 'send "add this is not stor"; want stor; send "\003"; want $prompt; say count {\n2\r}
		send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(coolvec count)" = 2 ]
}

@test "Ctrl-C interrupts a command that waits for the daemon, and the prompt stays" {
	converse "say count {\\n2\\r}; exec kill -STOP $daemon; send \"count\r\"; want {count\\r\\n}; after 200
		send \"\\003\"; want {interrupted}; exec kill -CONT $daemon; want \$prompt
		say count {\\n2\\r}; send \"quit\r\"; leave"
	kill -CONT "$daemon"
	[ "$status" = 0 ]
}

@test "Ctrl-C ends add - with what was kept, and Ctrl-D ends its input" {
	converse 'send "add -\r"; want {add -\r\n}; cooked; send "typed\r"; want {\n2\r}; send "\003"
		want {interrupted: 1 added}; want $prompt
		send "add -\r"; want {add -\r\n}; cooked; send "more\r"; want {\n3\r}; send "\004"; want $prompt
		say count {\n4\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "a lost connection is shown, and made anew when the daemon is back" {
	cat >back <<-END
		#!/bin/bash
		echo \$\$ >"$BATS_TEST_TMPDIR/pid"
		flock "$place/data/LOCK" true	# the old one is gone
		exec "$build/coolvecd" --env /dev/null --data "$place/data" \\
			--socket "$COOLVEC_SOCKET" >>"$place/log" 2>&1
	END
	chmod +x back
	converse "say count {\\n2\\r}; exec kill -TERM $daemon; while {[file exists $COOLVEC_SOCKET]} { after 20 }
		send \"count\r\"; want {no daemon answers at}; want {ada:default \\(not connected\\)> \$}
		exec ./back &; while {![file exists $COOLVEC_SOCKET]} { after 20 }
		say count {\\n2\\r}; say whoami {ada}; send \"quit\r\"; leave"
	wait "$daemon" || true
	[ "$status" = 0 ]
	[[ $output == *"ada:default (not connected)> count"*"ada:default> whoami"* ]]
	daemon=
	kill -TERM "$(cat "$BATS_TEST_TMPDIR/pid")"
}

@test "the whole conversation is one connection" {
	converse 'say count {\n2\r}; say "stats --json" {"connections":1,}; say list {one the dog}
		send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "users come and go, and passwords are asked for without echo" {
	converse 'say logout {}; want {}; send "login ada\r"; want {password: $}; send "a long password\r"
		want {ada:default> $}; say "register eve --password-file ../password" {}
		say "login eve --password-file ../password" {}; say whoami {eve}
		send "login ada\r"; want {password: $}; send "\003"; want {interrupted}; want $prompt
		send "quit\r"; leave'
	[ "$status" = 0 ]
	[[ $output == *"(not logged in)> login ada"*"eve:default> whoami"* ]]
	[[ $output != *"a long password"* ]]
}

@test "another socket on a line is for that line alone" {
	converse "say {count --socket $BATS_TEST_TMPDIR/nobody} {no daemon answers at .*nobody}
		say count {\\n2\\r}; send \"quit\r\"; leave"
	[ "$status" = 0 ]
}

has_readline() {
	ldd "$(command -v coolvec)" | grep -q readline || skip "built without readline"
}

@test "lines are remembered in a file of ours alone, but none with a password or a blank in front" {
	has_readline
	printf 'a long password\n' >pw
	converse 'say count {\n2\r}; say count {\n2\r}; say " list" {zero}; say "login ada --password-file pw" {}
		say "--json register joe --password-file pw" {}; say "\\x" {on}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(cat "$history")" = $'count\n\\x\nquit' ]
	[ "$(stat -c %a "$history")" = 600 ]
	chmod 644 "$history"
	converse 'send "\020\020\020"; want {count}; send "\r"; want {\n2\r}; want $prompt; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(stat -c %a "$history")" = 600 ]
}

@test "the history is bounded" {
	has_readline
	mkdir -p "${history%/*}"
	seq -f 'get %g' 5000 >"$history"
	converse 'say count {\n2\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(wc -l <"$history")" = 1000 ]
	[ "$(tail -n 2 "$history")" = $'count\nquit' ]
	[ "$(stat -c %a "$history")" = 600 ]
}

@test "a history that is somebody else's link is left alone" {
	has_readline
	mkdir -p "${history%/*}"
	echo precious >target
	ln -s "$PWD/target" "$history"
	converse 'say count {\n2\r}; send "quit\r"; leave'
	[ "$status" = 0 ]
	[ "$(cat target)" = precious ]
}

@test "TAB completes commands, options, values, collections, ids and files" {
	has_readline
	touch a-file.jsonl
	converse 'proc tab {typed becomes} { send -- "$typed\t"; want $becomes; send "\003"; want $::prompt }
		tab "simi" {similarity $}; tab "collection sh" {collection show $}; tab "collection drop po" {points $}
		tab "count -c po" {points $}; tab "\\c po" {points $}; tab "use def" {default $}; tab "\\ti" {\\timing $}
		tab "similarity 0 --ex" {--exact $}; tab "search x --metric co" {cosine $}
		tab "get 1" {get 1 $}; tab "import a-f" {a-file.jsonl $}; tab "\\i a-f" {a-file.jsonl $}
		tab "help dist" {distance $}; tab "list --lim" {--limit $}; tab "export --format js" {jsonl $}
		send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "ids are completed by their first digits" {
	has_readline
	seq 300 | coolvec add - >/dev/null
	converse 'send "get 30\t\t"; want {30 .*300.*301}; send "\003"; want $prompt
		send "get 29\t\t"; want {29 .*290.*299}; send "\003"; want $prompt; send "quit\r"; leave'
	[ "$status" = 0 ]
}

@test "-e runs lines and -f a file, up to the first that fails, with its status" {
	[ "$(coolvec repl -e $'count\nget 0')" = $'2\n0\tzero the cat' ]
	run --separate-stderr -3 coolvec repl -e $'count\nget 99\ncount'
	[ "$output" = 2 ]
	printf '%s\n' '\c points' 'count' '\q' 'bogus' >file
	[ "$(coolvec repl -f file)" = 0 ]
	[ "$(coolvec repl -c points --json -e count)" = '{"count":0}' ]
	[ "$(coolvec repl <file)" = 0 ]
	[ "$(coolvec repl -f - <file)" = 0 ]
	run -2 coolvec repl -f file -e count
	run -2 coolvec repl -f missing
	run -2 coolvec repl -e 'add "x'
	run -5 coolvec repl -e count --socket "$BATS_TEST_TMPDIR/nobody"
}

@test "a build without readline has the prompt too" {
	plain=$root/build/${SAN:-release}-plain/coolvec
	[ -x "$plain" ] || skip "make READLINE=no was not built"
	run ! grep -q readline <(ldd "$plain")
	export prompt_command=$plain
	converse 'say count {\n2\r}; say {add "a b"} {\n2\r}; send "half"; after 200; send "\003"; want $prompt
		say {\c points} {}; send "\\watch\r"; want {every 2 s: add}; send "\003"; want $prompt
		say count {\n0\r}; send "\004"; leave'
	[ "$status" = 0 ]
	[[ $output == *"ada:default> "*"ada:points> "* ]]
	[ ! -e "$history" ]
}
