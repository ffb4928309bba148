# daemon_life.bats - coolvecd from its start to its end: settings, signals, what it leaves on disk.

load wire

setup() {
	place
	dir=$BATS_TEST_TMPDIR sock=$dir/s data=$dir/data log=$dir/log
	unset daemon token
}

teardown() {
	cleanup
}

# refuses SENTENCE [NAME=VALUE...] [OPTION...]: does not start, exit 1, says so and leaves no socket.
refuses() {
	local sentence=$1 settings=()
	shift
	while [[ ${1-} =~ ^[A-Z_]+= ]]; do
		settings+=("$1")
		shift
	done
	run -1 timeout 20 env "${settings[@]}" "$build/coolvecd" --env /dev/null --data "$data" --socket "$sock" "$@" 3>&-
	[[ $output == *"$sentence"* ]] || { echo "said: $output" >&2; return 1; }
	[ ! -e "$sock" ]
}

@test "--init makes the folder and its metadata, and can be repeated" {
	run -0 "$build/coolvecd" --env /dev/null --data "$data" --init
	same "$data: metadata schema 3" "$output"
	[ -f "$data/meta.db" ] && [ ! -e "$sock" ]
	run -0 "$build/coolvecd" --env /dev/null --data "$data" --init
	serve
	token=$(account ada)
	works add '{"text":"kept"}'
	stop
	run -0 "$build/coolvecd" --env /dev/null --data "$data" --init
	serve
	works count | jq -e '.count == 1'
	stop
}

@test "--migrate asks, refuses off a terminal, and removes all with --yes" {
	serve
	token=$(account ada)
	works add '{"text":"kept"}'
	run -1 "$build/coolvecd" --env /dev/null --data "$data" --migrate --yes	# a daemon has it
	[[ $output == *"process id $daemon"* ]]
	stop
	run -1 "$build/coolvecd" --env /dev/null --data "$data" --migrate </dev/null
	[[ $output == *"say --yes"* && $output == *"nothing was changed"* ]]
	run -1 script -qec "$build/coolvecd --env /dev/null --data $data --migrate" /dev/null <<<n
	[[ $output == *'[y/N]'* ]]
	serve
	works count | jq -e '.count == 1'
	stop
	run -0 script -qec "$build/coolvecd --env /dev/null --data $data --migrate" /dev/null <<<y
	[ ! -e "$data/collections/1" ]
	serve
	fails unauthenticated count
	token=$(account ada)		# the name is free
	works count | jq -e '.count == 0'
	stop
	run -0 "$build/coolvecd" --env /dev/null --data "$data" --migrate --yes
}

@test "a second daemon on the folder says whose it is" {
	serve
	run -1 "$build/coolvecd" --env /dev/null --data "$data" --socket "$dir/s2"
	same "coolvecd: the daemon with process id $daemon has $data" "$output"
	[ ! -e "$dir/s2" ]
	pings
	stop
	serve			# the lock went with it
	kill -KILL "$daemon"
	wait "$daemon" || true
	serve			# also when it was killed
	stop
}

@test "a second daemon on the socket is refused" {
	serve
	run -1 "$build/coolvecd" --env /dev/null --data "$dir/data2" --socket "$sock"
	[[ $output == *"another daemon serves on $sock"* ]]
	pings
	stop
}

@test "settings that cannot be are refused by name" {
	refuses 'SECRET_KEY has 31 bytes and needs 32' SECRET_KEY=0123456789012345678901234567890
	[[ $output == *'openssl rand -hex 32'* && $output != *0123456789* ]]
	refuses 'ALGORITHM cannot be "none"' ALGORITHM=none
	refuses 'embedder local has dimensions 64 to 4096, not 10 (EMBED_DIM is 10)' EMBED_DIM=10
	refuses 'COOLVEC_WORKERS is not a number from 1 to 64' COOLVEC_WORKERS=0
	refuses 'EMBEDDER cannot be "bert"' EMBEDDER=bert
	refuses 'COOLVEC_LOG_LEVEL cannot be "loud"' --log-level loud
	refuses 'there is no group nobodys' --group nobodys
	refuses "cannot open $dir/none, the socket's folder" --socket "$dir/none/s"
	refuses 'longer than 107 bytes' --socket "$dir/$(printf 'x%.0s' {1..200})"
	run -1 "$build/coolvecd" --env "$dir/none"
	[[ $output == *"there is no file $dir/none"* ]]
	printf 'A=1\nhunter2\n' >"$dir/env"
	run -1 "$build/coolvecd" --env "$dir/env"
	[[ $output == *"line 2"* && $output != *hunter2* ]]
	touch "$dir/file"
	refuses "$dir/file is not a folder" --data "$dir/file"
	run -2 "$build/coolvecd" --no-such-option
	run -2 "$build/coolvecd" argument
	run -2 "$build/coolvecd" --ready-fd x
	run -0 "$build/coolvecd" --version
	[[ $output =~ ^coolvecd\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "a database that this build cannot reach is said at the start" {
	refuses 'the database cannot be reached' DB_URI=postgresql://coolvec:hunter2@127.0.0.1:1/coolvec
	[[ $output != *hunter2* ]]
	refuses 'unset it to use SQLite' DB_URI=mysql://x
}

@test "every setting is in .env.example and in --help, and no other" {
	run -0 bash -c "'$build/coolvecd' --help; '$build/coolvec-http' --help"
	same "$(sed -n 's/^  \([A-Z_]\+\)  *[a-z].*/\1/p' <<<"$output" | sort -u)" \
		"$(grep -oE '^#?[A-Z_]+=' "$root/.env.example" | tr -d '#=' | grep -vxE 'COOLVEC_(TOKEN|QUIET)' | sort)"
}

@test ".env is read, the environment is above it, options above both" {
	mkdir "$dir/etc"
	printf 'VEC_DB_PATH=../data\nEMBED_DIM=64\nCOOLVEC_LOG_LEVEL=debug\nCOOLVEC_SOKET=typo\n' >"$dir/etc/env"
	EMBED_DIM=128 serve --env "$dir/etc/env"
	token=$(account ada)
	works stats | jq -e '.collection.dim == 128'
	[ -f "$data/meta.db" ]
	grep -q 'debug: ' "$log"
	grep -q 'warning: there is no setting COOLVEC_SOKET' "$log"
	stop
}

@test "files are 0600 and folders 0700 whatever the umask" {
	umask 0
	serve
	token=$(account ada)
	works add '{"text":"x"}'
	same 600 "$(stat -c %a "$sock")"
	stop
	same '' "$(find "$data" -type d ! -perm 700 -o -type f ! -perm 600)"
	[ "$(find "$data" -type f | wc -l)" -ge 4 ]	# LOCK, meta.db, secret.key, vectors.bin at least
	[ -f "$data/collections/1/hnsw.index" ]
}

@test "a restart keeps all: users, sessions, preferences, texts, vectors, request_ids" {
	serve
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":3,"metric":"l2"}'
	works prefs '{"metric":"l1","collection":"c"}'
	works add '{"items":[{"vector":[1,2,3],"text":"x\u0000y","key":"k","meta":{"a":[1]}},{"vector":[4,5,6]},{"vector":[7,8,9]}],"request_id":"r"}'
	works delete '{"id":1}'
	all() { works list; works get '{"ids":[0,1,2],"with_vector":true}'; works prefs; works collection_list
		works similarity '{"vector":[1,1,1]}'; }
	all >"$dir/before"
	stop
	serve
	all >"$dir/after"
	cmp "$dir/before" "$dir/after"
	works add '{"items":[{"vector":[1,2,3],"text":"x\u0000y","key":"k","meta":{"a":[1]}},{"vector":[4,5,6]},{"vector":[7,8,9]}],"request_id":"r"}' |
		jq -e '.ids == [0,1,2]'
	works count | jq -e '.count == 2'
	works add '{"vector":[1,1,1]}' | jq -e '.id == 3'	# no id is given twice
	stop
}

@test "SIGTERM under load: what runs is answered, the graph is saved, the socket goes" {
	local i clients=()
	serve
	token=$(account ada)
	works collection_create '{"name":"c","dim":64}'
	works prefs '{"collection":"c"}'
	works add "$(jq -nc '{items: [range(500) | {text: "before \(.) \(. * 7919)"}]}')" >/dev/null
	indexed() { works stats | jq -e '.tail == 0 and .indexed == 500'; }
	soon indexed
	for i in {1..4}; do
		jq -nc --arg t "$token" --arg i "$i" 'range(100000) | {id: ., op: "add", token: $t, args: {text: "client \($i) text \(.)"}}' |
			wire >"$dir/answers.$i" 3>&- &
		clients+=($!)
	done
	for i in {1..4}; do
		soon grep -q '"id":20,' "$dir/answers.$i"
	done
	stop
	wait "${clients[@]}" || true
	[ ! -e "$sock" ]
	grep -q 'stopping on SIGTERM' "$log"
	[ -f "$data/collections/1/hnsw.index" ]
	serve
	works stats >"$dir/stats"		# the graph was loaded, not built anew: it is there at once
	jq -e '.indexed >= 500 and .index_note == "" and .tail == .live - .indexed' "$dir/stats"
	# every answer is a whole line and a promise kept
	cat "$dir"/answers.* | jq -e 'select(.ok) | .result.id' | sort -n >"$dir/acknowledged"
	[ "$(wc -l <"$dir/acknowledged")" -gt 80 ]
	same '' "$(cat "$dir"/answers.* | jq -c 'select(.ok | not)')"
	works list '{"limit":10000}' | jq '.items[].id' | sort -n >"$dir/kept"
	same '' "$(comm -23 <(sort "$dir/acknowledged") <(sort "$dir/kept"))"
	# and no more than one a client was done without being said
	[ $(($(wc -l <"$dir/kept") - 500 - $(wc -l <"$dir/acknowledged"))) -le 4 ]
	works verify | jq -e '.nbad == 0 and .index == "ok"'
	stop
}

@test "a request that runs at SIGTERM is answered" {
	serve
	account ada >/dev/null
	printf '{"op":"login","args":{"username":"ada","password":"a long password"}}\n' |
		wire -k >"$dir/answer" 3>&- &
	local client=$!
	running() { works metrics '{}' '' | jq -e '.connections == 2'; }	# it and ourselves
	soon running
	stop
	wait "$client"
	jq -e '.ok == true' "$dir/answer"
}

@test "SIGINT ends it as well" {
	serve
	kill -INT "$daemon"
	wait "$daemon"
	[ ! -e "$sock" ]
}

@test "SIGUSR2 turns the debug log on and off" {
	serve
	kill -USR2 "$daemon"
	soon grep -q 'debug log is on' "$log"
	token=$(account ada)
	works count
	works add '{"text":"x"}'
	grep -q 'debug: collection 1 is open' "$log"
	kill -USR2 "$daemon"
	soon grep -q 'debug log is off' "$log"
	stop
	same 0 "$(sed '1,/debug log is off/d' "$log" | grep -c ' debug: ')"
}

@test "the log has no password, token, key, text or vector, not even at debug" {
	local t
	serve SECRET_KEY=hunter2-hunter2-hunter2-hunter2-hunter2 COOLVEC_LOG_LEVEL=debug COOLVEC_LINE_SECONDS=1
	token=$(account ada)
	works register '{"username":"eve","password":"hunter2-password"}' ''
	works login '{"username":"eve","password":"hunter2-password"}' ''
	fails bad_credentials login '{"username":"eve","password":"hunter2-wrong"}' ''
	works passwd '{"old_password":"hunter2-password","new_password":"hunter2-changed"}' \
		"$(works login '{"username":"eve","password":"hunter2-password"}' '' | jq -r .access_token)"
	fails unauthenticated whoami '{}' hunter2-token
	printf '{"op":"add","token":"hunter2\n' | wire
	works add '{"text":"hunter2 text","key":"hunter2-key","meta":{"hunter2":1}}'
	works add '{"text":"hunter2 text","key":"hunter2-key","request_id":"hunter2-r"}'
	fails exists add '{"text":"other","request_id":"hunter2-r"}'
	works similarity '{"text":"hunter2 query"}'
	fails bad_request add '{"hunter2":1}'
	works collection_create '{"name":"v","embedder":"none","dim":2}'
	works add '{"collection":"v","vector":[7777.5,8888.25]}'
	fails dimension_mismatch add '{"collection":"v","vector":[7777.5]}'
	works delete '{"keys":["hunter2-key"]}'
	printf '{"op":"add","token":"hunter2' | wire -k -t 10	# is closed for having waited
	stop
	grep -q ' debug: ' "$log"
	for t in hunter2 7777 8888 "a long password" "$token" "${token##*.}"; do
		run -1 grep -F -- "$t" "$log"
	done
}

@test "idle collections are closed, saved, and opened again when asked for" {
	serve COOLVEC_CLOSE_SECONDS=1 COOLVEC_LOG_LEVEL=debug
	token=$(account ada)
	works add '{"items":[{"text":"one"},{"text":"two"}]}'
	closed() { works metrics '{}' '' | jq -e '.open_collections == 0'; }
	soon closed
	grep -q 'debug: collection 1 is closed' "$log"
	[ -f "$data/collections/1/hnsw.index" ]
	works similarity '{"text":"one"}' | jq -e '.results | length == 2'
	works stats | jq -e '.tail == 0 and .indexed == 2 and .index_note == "" and .daemon.open_collections == 1'
	soon closed
	works add '{"text":"three"}' | jq -e '.id == 2'
	works similarity '{"text":"three","k":1}' | jq -e '.results[0].id == 2'
	stop
}

@test "connections over the limit are answered busy and closed" {
	serve COOLVEC_MAX_CONNECTIONS=4
	pings
	local holder=
	# Again, should a connection of before still count when these come.
	full() {
		[ "$(ask ping '{}' '' | jq -r .error.name)" != busy ] || return 0
		[ -z "$holder" ] || { kill "$holder" || true; wait "$holder" || true; }
		wirecat -k -n 3 "$sock" </dev/null >/dev/null 3>&- &
		holder=$!
		sleep 0.2
		return 1
	}
	soon full
	same '{"id":null,"ok":false,"error":{"name":"busy","message":"too many connections"}}' "$(wire -k </dev/null)"
	kill "$holder"
	wait "$holder" || true
	soon pings
	stop
}

# lasts WHO... : how many whole seconds the connection lived.
lasts() {
	local from=$SECONDS
	"$@" >/dev/null
	echo $((SECONDS - from))
}

@test "a connection that shows no token in the grace time is closed" {
	serve COOLVEC_GRACE_SECONDS=1 COOLVEC_IDLE_SECONDS=4
	token=$(account ada)
	run -0 lasts wire -k -t 20 </dev/null
	[ "$output" -ge 1 ] && [ "$output" -le 3 ]
	run -0 lasts wire -k -t 20 <<<'{"op":"ping"}'
	[ "$output" -le 3 ]
	request whoami >"$dir/request"
	run -0 lasts wire -k -t 20 <"$dir/request"	# who shows one stays until it is idle
	[ "$output" -ge 4 ] && [ "$output" -le 7 ]
	stop
}

@test "half a line is waited for as long as set, from its first byte" {
	serve COOLVEC_LINE_SECONDS=2
	token=$(account ada)
	{ request whoami; printf '{"op":'; } >"$dir/half"
	run -0 lasts wire -k -t 20 <"$dir/half"
	[ "$output" -ge 2 ] && [ "$output" -le 4 ]
	# a line that begins after a longer silence, and ends in time
	{ request whoami; sleep 3; printf '{"op":"pi'; sleep 1; printf 'ng"}\n'; } | wire >"$dir/answers"
	same 2 "$(jq -c .ok "$dir/answers" | grep -c true)"
	stop
}

@test "an idle connection is closed after the time set" {
	serve COOLVEC_IDLE_SECONDS=1
	token=$(account ada)
	run -0 lasts wire -k -t 20 <<<"$(request whoami)"
	[ "$output" -ge 1 ] && [ "$output" -le 3 ]
	stop
}

@test "an answer that nobody reads is not waited for for ever" {
	serve COOLVEC_LINE_SECONDS=1 COOLVEC_LOG_LEVEL=debug
	token=$(account ada)
	works collection_create '{"name":"c","embedder":"none","dim":16000}'
	jq -nc --arg t "$token" '{op: "add", token: $t, args: {collection: "c",
		items: [range(20) | {vector: [range(16000) | . + 0.123]}]}}' | wire | jq -e .ok
	mkfifo "$dir/never"
	sleep 30 3>&- 0<>"$dir/never" &		# holds the reading end and reads nothing
	local holder=$!
	request get '{"collection":"c","ids":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19],"with_vector":true}' |
		wirecat -k "$sock" >"$dir/never" 3>&- &
	local client=$!
	soon grep -q 'a connection is closed for having waited' "$log"
	kill "$holder" "$client" 2>/dev/null || true
	wait "$holder" "$client" 2>/dev/null || true
	pings
	stop
}

@test "systemd's socket is used, and it is told READY and STOPPING" {
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate here"
	socat -u UNIX-RECV:"$dir/notify" OPEN:"$dir/said",creat,append 3>&- &
	local listener=$!
	soon test -S "$dir/notify"
	NOTIFY_SOCKET=$dir/notify systemd-socket-activate -E NOTIFY_SOCKET -l "$sock" \
		"$build/coolvecd" --env /dev/null --data "$data" 3>&- 2>>"$log" &
	daemon=$!
	soon test -S "$sock"
	pings
	grep -q 'serving on the socket of systemd' "$log"
	soon grep -q 'READY=1' "$dir/said"
	stop
	soon grep -q 'STOPPING=1' "$dir/said"
	[ -S "$sock" ]			# is systemd's to remove
	kill "$listener" 2>/dev/null || true
	wait "$listener" 2>/dev/null || true
}
