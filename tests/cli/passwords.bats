# passwords.bats - what guessing costs, and what it costs the others.

load wire

setup() {
	place
	export dir=$BATS_TEST_TMPDIR
	export sock=$dir/s data=$dir/data log=$dir/log COOLVEC_SNAPSHOT_DIRS=$dir
}

teardown() {
	cleanup
}

password() {	# NAME PASSWORD
	printf '{"username":"%s","password":"%s"}' "$1" "$2"
}

cheap=(COOLVEC_PASSWORD_KIB=8192 COOLVEC_PASSWORD_PASSES=1)

@test "8 to 128 bytes, all of which count" {
	serve "${cheap[@]}"
	local long
	long=$(printf 'x%.0s' {1..127})
	fails bad_request register "$(password a 1234567)" ''
	fails bad_request register "$(password a "${long}xx")" ''
	works register "$(password a "${long}y")" ''
	works register "$(password b 12345678)" ''
	fails bad_credentials login "$(password a "${long}z")" ''
	fails bad_credentials login "$(password a "$long")" ''
	works login "$(password a "${long}y")" '' >/dev/null
	works login "$(password b 12345678)" '' >/dev/null
	stop
}

# guess NAME: wrong passwords until no more are looked at for an hour and longer; prints how many were.
guess() {
	local name wait n=0
	while :; do
		read -r name wait < <(ask login "$(password "$1" wrong-password)" '' |
			jq -r '"\(.error.name) \(.error.detail.retry_after // 0)"')
		case $name in
		bad_credentials) n=$((n + 1)) ;;
		rate_limited) [ "$wait" -lt 3600 ] || break; sleep 0.1 ;;
		*) return 1 ;;
		esac
	done
	echo "$n"
}

@test "guesses end; who shows a token goes on; nobody learns whether the name is one" {
	serve "${cheap[@]}" COOLVEC_GUESSES=20
	token=$(account ada)
	same 8 "$(guess ada)"		# six of strangers, and two of the system user who has been ada before
	same 6 "$(guess nobody)"
	fails rate_limited login "$(password ada 'a long password')" ''
	ask login "$(password ada 'a long password')" '' | jq -e '.error.detail.retry_after > 0'
	works login "$(password ada 'a long password')" "$token" >/dev/null
	works logout '{}' "$token"
	works login "$(password ada 'a long password')" "$token" >/dev/null	# of a session that is over
	ask login "$(password nobody 'a long password')" "$token" >/dev/null	# of another account
	fails rate_limited login "$(password nobody 'a long password')" "$token"
	grep -q 'refused for too many wrong ones' "$log"
	stop
}

@test "unknown and known users take the same time" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer's time is another"
	serve "${cheap[@]}" COOLVEC_GUESSES=0 COOLVEC_GRACE_SECONDS=600
	token=$(account ada)
	local said first second i close=no
	{ request login "$(password ada wrong-password)" ''; request login "$(password eve wrong-password)" ''; } >"$dir/lines"
	for i in 1 2 3; do	# other work on the machine can part medians, but not three times
		said=$("$build/tests/cli/crowd" "$sock" timing 1000 <"$dir/lines")
		echo "# $said" >&3
		read -r _ first _ second <<<"$said"
		[ $((first * 100)) -ge $((second * 102)) ] || [ $((second * 100)) -ge $((first * 102)) ] || close=yes
		[ "$close" = no ] || break
	done
	[ "$close" = yes ]
	stop
}

@test "200 logins at once: two buffers of memory, and the others are answered meanwhile" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer's time and memory are others"
	serve COOLVEC_PASSWORD_PASSES=1 COOLVEC_PASSWORD_KIB=32768
	local said peak i prompt=no
	token=$(account ada)
	jq -nc --arg t "$token" '{op: "add", token: $t, args: {items: [range(2000) | {text: "number \(.) of many"}]}}' | wire | jq -e .ok
	{ request login "$(password ada 'a long password')" ''; request similarity '{"text":"number 77","k":5}'; } >"$dir/lines"
	for i in 1 2 3; do	# other work on the machine makes others wait too, but not three times
		said=$("$build/tests/cli/crowd" "$sock" logins 200 4000 <"$dir/lines")
		peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$daemon/status")
		echo "# $said, peak $((peak / 1024)) MiB" >&3
		read -r _ right _ _ _ before _ during _ <<<"$said"
		[ "$right" -eq 200 ]
		[ "$peak" -lt $((3 * 32768 + 32768)) ]
		[ "$during" -ge $((before * 2)) ] && [ "$during" -ge 20000 ] || prompt=yes	# a slice or two
		[ "$prompt" = no ] || break
	done
	[ "$prompt" = yes ]
	stop
}

@test "a client that hangs up costs no hash" {
	serve
	local i from one
	token=$(account ada)
	from=${EPOCHREALTIME/./}
	login ada >/dev/null
	one=$((${EPOCHREALTIME/./} - from))
	for i in {1..60}; do
		timeout 1 wirecat -k -t 1 "$sock" <<<"$(request login "$(password ada 'a long password')" '')" >/dev/null 3>&- &
	done
	wait $(jobs -p | grep -vx "$daemon") || true
	sleep 1.5
	from=${EPOCHREALTIME/./}
	login ada >/dev/null
	[ $((${EPOCHREALTIME/./} - from)) -le $((12 * one)) ]		# 60 hashes by two threads would take 30 times it
	stop
}

@test "a hash of a cheaper time is made anew at login; a planted one is refused" {
	serve "${cheap[@]}"
	token=$(account ada)
	stop
	[[ $(sqlite3 "$data/meta.db" 'select password from users') == '$argon2id$v=19$m=8192,t=1,p=1$'* ]]
	serve COOLVEC_PASSWORD_KIB=16384 COOLVEC_PASSWORD_PASSES=2
	login ada
	login ada
	stop
	[[ $(sqlite3 "$data/meta.db" 'select password from users') == '$argon2id$v=19$m=16384,t=2,p=1$'* ]]
	sqlite3 "$data/meta.db" "update users set password = replace(password, 'm=16384', 'm=4194304')"
	serve
	fails internal login "$(password ada 'a long password')" ''
	stop
}

@test "passwords are in no memory, log, file or argument once they were used" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer keeps what was freed"
	[ "$(id -u)" = 0 ] || skip "only root may look into another process"
	serve SECRET_KEY=hunter2-hunter2-hunter2-hunter2-hunter2 COOLVEC_LOG_LEVEL=debug
	works register "$(password eve plantedsecretone)" ''
	token=$(works login "$(password eve plantedsecretone)" '' | jq -r .access_token)
	fails bad_credentials login "$(password eve plantedsecrettwo)" ''
	works passwd '{"old_password":"plantedsecretone","new_password":"plantedsecretthree"}'
	{ request login "$(password eve plantedsecretone)" ''; request login "$(password eve plantedsecretone)" ''; } | wire >/dev/null
	printf '{"op":"login","args":{"password":"plantedsecretfour\n' | wire
	printf '{"op":"login","args":{"password":"plantedsecretfive' | wire
	same 0 "$("$build/tests/cli/memgrep" "$daemon" plantedsecret)"
	[ "$("$build/tests/cli/memgrep" "$daemon" coolvec)" -gt 0 ]		# it can find things
	run ! grep -rqs plantedsecret "$data" "$log" "/proc/$daemon/cmdline"
	stop
}

# terminal SCRIPT: the command on a terminal, by expect's words.
terminal() {
	{ echo 'set timeout 20; proc fail {} { exit 99 }; expect_before timeout fail'; cat; } >"$dir/script.exp"
	PATH=$build:$PATH timeout 60 expect "$dir/script.exp" >"$dir/terminal"
}

@test "passwords given to the command, the prompt or over HTTP stay nowhere" {
	[ "${SAN:-release}" = release ] || skip "a sanitizer keeps what was freed"
	[ "$(id -u)" = 0 ] || skip "only root may look into another process"
	serve "${cheap[@]}" COOLVEC_LOG_LEVEL=debug
	export HOME=$dir/home XDG_STATE_HOME=$dir/home/state COOLVEC_SOCKET=$sock TERM=dumb
	mkdir "$HOME"
	printf 'plantedsecretfive\n' >"$dir/password"
	terminal <<-'E'
		proc type {word} { expect -re {password: $|again: $}; send "$word\r" }
		spawn -noecho coolvec
		expect "> $"; send "register eve\r"; type plantedsecretone; type plantedsecretone
		expect "> $"; send "login eve\r"; type plantedsecretone
		expect "eve:default> $"; send "passwd\r"; type plantedsecretone; type plantedsecrettwo; type plantedsecrettwo
		expect "> $"; send "login eve\r"; type plantedsecrettwo
		expect "eve:default> $"; send "register fay --password-file $env(dir)/password\r"
		expect "eve:default> $"
		exec memgrep [exp_pid] plantedsecret > $env(dir)/found
		exec cat /proc/[exp_pid]/cmdline /proc/[exp_pid]/environ > $env(dir)/arguments
		send "quit\r"; expect eof
		exit [lindex [wait] 3]
	E
	same 0 "$(cat "$dir/found")"
	"$build/coolvec" whoami | grep -x eve
	mkfifo "$dir/ready2"
	"$build/coolvec-http" --env /dev/null --socket "$sock" --listen 127.0.0.1:0 --log-level debug \
		--ready-fd 9 9>"$dir/ready2" 3>&- 2>>"$log" &
	local http=$! at
	read -r at <"$dir/ready2"
	curl -s "http://$at/auth/register" -H 'Content-Type: application/json' \
		-d '{"username":"joe","password":"plantedsecretthree"}' | jq -e .username
	curl -s "http://$at/auth/login" -d username=joe -d password=plantedsecretthree >"$dir/answer"
	curl -s "http://$at/auth/login" -F username=joe -F password=plantedsecretfour | jq -e .error
	token=$(jq -r .access_token "$dir/answer")
	rm "$dir/answer"
	curl -s "http://$at/auth/passwd" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
		-d '{"old_password":"plantedsecretthree","new_password":"plantedsecretsix"}' | jq -e .username
	same 0 "$(memgrep "$http" plantedsecret)"
	same 0 "$(memgrep "$daemon" plantedsecret)"
	[ "$(memgrep "$http" coolvec)" -gt 0 ]		# it can find things
	kill "$http"
	wait "$http"
	rm "$dir/password" "$dir/script.exp"
	run ! grep -rqs plantedsecret "$dir"
	run ! grep -rqsF "${token##*.}" "$dir"
	stop
}

# core PID: end it as a crash would; is there a core?
core() {
	kill -ABRT "$1"
	while kill -0 "$1" 2>/dev/null; do sleep 0.01; done
	find "$dir" -name 'core*' | grep -q . && rm -f "$dir"/core* "$dir"/*/core*
}

@test "no core of the daemon, of coolvec-http, or of a command that has a token or asks for a password" {
	[ "${SAN:-release}" = release ] || skip "without the sandbox"
	ulimit -c unlimited || skip "no cores here"
	cd "$dir"
	sleep 60 3>&- &
	core $! || skip "cores go elsewhere here"
	serve
	token=$(account ada)
	"$build/coolvec-http" --env /dev/null --socket "$sock" --listen 127.0.0.1:0 --sandbox require \
		--ready-fd 9 9>"$dir/ready2" 3>&- 2>>"$log" &
	local http=$!
	until [ -s "$dir/ready2" ]; do sleep 0.01; done
	run ! core "$http"
	mkfifo "$dir/lines"
	COOLVEC_TOKEN=$token "$build/coolvec" --socket "$sock" add - <"$dir/lines" >"$dir/ids" 2>/dev/null 3>&- &
	local command=$!
	exec 8>"$dir/lines"
	echo "a text" >&8
	soon test -s "$dir/ids"
	run ! core "$command"
	exec 8>&-
	terminal <<-'E'
		spawn -noecho coolvec --socket $env(sock) login ada
		expect "password: "
		exec kill -ABRT [exp_pid]
		expect eof
	E
	same '' "$(find "$dir" -name 'core*')"
	grep -qE '^Max core file size +0 +0 ' "/proc/$daemon/limits"
	run ! core "$daemon"
	wait
}
