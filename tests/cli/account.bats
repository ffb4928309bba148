# Users, sessions, tokens and passwords.

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
	pw=$BATS_FILE_TMPDIR/password
	token=$(echo "$XDG_STATE_HOME"/coolvec/token-*)
}

# The account tests change who is logged in; this is how each begins.
again() {
	coolvec login ada --password-file "$pw"
}

@test "whoami prints the name" {
	again
	run -0 coolvec whoami
	[ "$output" = ada ]
	coolvec whoami --json | jq -e '.username == "ada" and .expires_in > 0'
}

@test "the token's file is 0600 in a folder that is 0700" {
	again
	[ "$(stat -c %a "$token")" = 600 ]
	[ "$(stat -c %a "$XDG_STATE_HOME/coolvec")" = 700 ]
}

@test "a token that others may read is refused" {
	again
	chmod 640 "$token"
	run --separate-stderr -4 coolvec whoami
	[[ $stderr == *"others may read the token in $token; chmod 600 it" ]]
	chmod 600 "$token"
	coolvec whoami
}

@test "--token-file and COOLVEC_TOKEN go before the stored token" {
	again
	cp -p "$token" other
	XDG_STATE_HOME=$PWD/nowhere run -0 coolvec whoami --token-file other
	COOLVEC_TOKEN=$(cat other) XDG_STATE_HOME=$PWD/nowhere run -0 coolvec whoami
	COOLVEC_TOKEN=wrong run -4 coolvec whoami
	COOLVEC_TOKEN=wrong run -0 coolvec whoami --token-file other
	chmod 644 other
	run -4 coolvec whoami --token-file other
	run --separate-stderr -4 coolvec whoami --token-file missing
	[[ $stderr == *"there is no token file missing" ]]
}

@test "COOLVEC_TOKEN may stand in .env" {
	again
	printf 'COOLVEC_TOKEN=%s\n' "$(cat "$token")" >settings
	XDG_STATE_HOME=$PWD/nowhere run -0 coolvec whoami --env settings
	cp settings .env
	XDG_STATE_HOME=$PWD/nowhere run -0 coolvec whoami
	rm .env
	run -2 coolvec whoami --env missing
}

@test "a ./.env that cannot be read is said and left out" {
	again
	printf 'this is no setting\n' >.env
	COOLVEC_QUIET='' run --separate-stderr -0 coolvec whoami
	rm .env
	[ "$output" = ada ]
	[[ $stderr == *"left out" ]]
}

@test "COOLVEC_SOCKET in .env is relative to the .env" {
	mkdir -p deep
	printf 'COOLVEC_SOCKET=../../sock\n' >deep/settings
	unset COOLVEC_SOCKET
	run -0 coolvec ping --env deep/settings
}

@test "two daemons do not share a token" {
	again
	ln -sf "$COOLVEC_SOCKET" link
	run -4 coolvec whoami --socket link
}

@test "logout forgets the token" {
	again
	cp -p "$token" other
	run -0 coolvec logout
	[ ! -e "$token" ]
	run --separate-stderr -4 coolvec whoami
	[[ $stderr == *"not logged in"*"coolvec login"* ]]
	run -4 coolvec whoami --token-file other
	run -4 coolvec logout
	again
}

@test "logout of a session that has ended forgets its token too" {
	again
	cp -p "$token" other
	coolvec logout
	mv other "$token"
	run -0 coolvec logout
	[ ! -e "$token" ]
	again
}

@test "a wrong password and an unknown name are the same, status 4" {
	echo "not the password" >wrong
	run --separate-stderr -4 coolvec login ada --password-file wrong
	first=$stderr
	run --separate-stderr -4 coolvec login nobody --password-file wrong
	[ "$stderr" = "$first" ]
}

@test "a name that is taken is refused, status 1" {
	run -1 coolvec register ada --password-file "$pw"
}

@test "register --json and login --json print no secret" {
	echo "another password" >pw2
	coolvec register grace --password-file pw2 --json | jq -e '. == {"username": "grace"}'
	coolvec login grace --password-file pw2 --json | jq -e 'has("expires_in") and (has("access_token") | not)'
	again
}

@test "the password file's first line counts, CR LF or LF" {
	printf 'windows password\r\nsecond line\n' >crlf
	printf 'windows password' >bare
	coolvec register dos --password-file crlf
	coolvec login dos --password-file bare
	coolvec login dos --password-file - <crlf
	again
}

@test "a password file that cannot be is refused, status 2" {
	printf 'nul\0in the password\n' >nul
	run --separate-stderr -2 coolvec register eve --password-file nul
	[[ $stderr == *"NUL"* ]]
	printf '\n' >empty
	run -2 coolvec register eve --password-file empty
	head -c 5000 /dev/zero | tr '\0' x >long
	run -2 coolvec register eve --password-file long
	run -2 coolvec register eve --password-file missing
	printf 'short\n' >short
	run -2 coolvec register eve --password-file short
}

@test "without a terminal and without --password-file it says what to do" {
	run --separate-stderr -2 setsid -w coolvec login ada </dev/null
	[[ $stderr == *"use --password-file"* ]]
}

@test "passwd changes the password, ends the sessions and forgets the token" {
	echo "first password" >one
	echo "second password" >two
	coolvec register carol --password-file one
	coolvec login carol --password-file one
	run -4 coolvec passwd --password-file two --new-password-file two
	run -0 coolvec passwd --password-file one --new-password-file two
	[ ! -e "$token" ]
	run -4 coolvec login carol --password-file one
	coolvec login carol --password-file two
	cat two one | coolvec passwd --password-file - --new-password-file -
	coolvec login carol --password-file one
	run -2 coolvec passwd --password-file one
	again
}

@test "prefs shows and sets the metric and the collection" {
	again
	coolvec collection create other >/dev/null
	[ "$(coolvec prefs | sort)" = "$(printf 'collection\tdefault\nmetric\tcosine')" ]
	coolvec prefs --metric l2 --collection other
	coolvec prefs --json | jq -e '.metric == "l2" and .collection == "other"'
	coolvec prefs --metric cosine -c default
	run -2 coolvec prefs --metric manhattan
}

@test "a password is asked without echo" {
	cat >ask.exp <<-'END'
		set timeout 20
		spawn -noecho coolvec login ada
		expect "password: "
		puts [exec stty -a < $spawn_out(slave,name)]
		send "a long password\r"
		expect eof
		exit [lindex [wait] 3]
	END
	run -0 expect ask.exp
	[[ $output == *"-echo "* ]]
	[[ $output != *"a long password"* ]]
}

@test "register asks twice and wants the same" {
	cat >ask.exp <<-'END'
		set timeout 20
		spawn -noecho coolvec register ursula
		expect "password: "
		send "one password\r"
		expect "again: "
		send "two password\r"
		expect eof
		exit [lindex [wait] 3]
	END
	run -2 expect ask.exp
	[[ $output == *"not the same"* ]]
}

@test "Ctrl-C at the password gives the terminal its echo back" {
	cat >ask.exp <<-'END'
		set timeout 20
		spawn -noecho sh -c "trap : INT; coolvec login ada; echo status=\$?; stty -a"
		expect "password: "
		send "\003"
		expect "status=130"
		expect -re { echo }
		expect eof
	END
	run -0 expect ask.exp
	[[ $output == *"status=130"* ]]
	[[ $output == *" echo "* ]]
}

@test "a password is in no argument and no environment" {
	run -2 coolvec login ada --password secret
}
