# sandbox.bats - what the daemon cannot do any more.

load wire

setup() {
	place
	export dir=$BATS_TEST_TMPDIR
	export sock=$dir/run/s data=$dir/data log=$dir/log COOLVEC_SNAPSHOT_DIRS=$dir/backup
	mkdir "$dir/run" "$dir/backup" "$dir/elsewhere"
	[ "${SAN:-release}" = release ] || skip "a sanitizer reads and starts what the sandbox refuses"
}

teardown() {
	cleanup
}

@test "what the sandbox takes away is gone: programs, files, other processes, odd sockets" {
	run -0 "$build/tests/cli/confined" "$dir/data"
	echo "$output" >&2
	[[ $output != *"not refused"* ]]
	[ "$(grep -c refused <<<"$output")" -ge 20 ]
	[ "$(grep -c works <<<"$output")" -ge 8 ]
}

@test "the daemon is in it, every thread, and so is coolvec-http" {
	serve --sandbox require
	token=$(account ada)
	works add '{"text":"a"}'
	[ "$(cat "/proc/$daemon/task"/*/status | grep -c '^Seccomp:	2$')" -eq "$(ls "/proc/$daemon/task" | wc -l)" ]
	[ "$(cat "/proc/$daemon/task"/*/status | grep -c '^NoNewPrivs:	1$')" -eq "$(ls "/proc/$daemon/task" | wc -l)" ]
	rm -f "$dir/ready2"
	mkfifo "$dir/ready2"
	"$build/coolvec-http" --env /dev/null --socket "$sock" --listen 127.0.0.1:0 --sandbox require --ready-fd 9 9>"$dir/ready2" 3>&- 2>>"$log" &
	local http=$!
	read -r _ <"$dir/ready2"
	[ "$(cat "/proc/$http/task"/*/status | grep -c '^Seccomp:	2$')" -eq "$(ls "/proc/$http/task" | wc -l)" ]
	kill "$http"
	wait "$http"
	stop
}

@test "snapshots go where COOLVEC_SNAPSHOT_DIRS says, and elsewhere it is said" {
	serve
	token=$(account ada)
	works add '{"text":"a"}'
	works snapshot "{\"path\":\"$dir/backup/one\"}" ''
	[ -f "$dir/backup/one/meta.db" ]
	[[ $(fails forbidden snapshot "{\"path\":\"$dir/elsewhere/one\"}" '') == *COOLVEC_SNAPSHOT_DIRS* ]]
	[ -z "$(ls "$dir/elsewhere")" ]
	stop
	serve --sandbox no
	works snapshot "{\"path\":\"$dir/elsewhere/one\"}" ''
	[ -f "$dir/elsewhere/one/meta.db" ]
	stop
	run -1 "$build/coolvecd" --env /dev/null --data "$data" --sandbox maybe
	[[ $output == *"COOLVEC_SANDBOX cannot be"* ]]
}

@test "100 hostile names touch no file outside" {
	serve
	local i before
	token=$(account ada)
	works add '{"text":"a"}'
	before=$(find "$dir" -not -path "$data/meta.db*" -not -path "$log" -not -name hnsw.index | sort)
	local names=(.. . ../x ../../etc/passwd /etc/passwd ~root '$(id)' '`id`' 'a;b' 'a|b' 'a b' 'a\b' 'a/b' '%2e%2e' '%00'
		'CON' 'nul.' '-rf' '--help' '*' '?' '[a]' '{a,b}' 'a&b' '<a' '>a' "a'b" 'a\"b' '#a' '!a' 'a:b' 'a@b' '~' ' ' '')
	for i in {1..70}; do
		names+=("$(printf '../%.0s' $(seq "$i"))x$i")
	done
	[ ${#names[@]} -ge 100 ]
	printf '%s\n' "${names[@]}" | jq -Rc --arg token "$token" '. as $n |
		({op: "collection_create", args: {name: $n, dim: 2, embedder: "none"}},
		{op: "collection_drop", args: {name: $n}},
		{op: "register", args: {username: $n, password: "short"}},
		{op: "add", args: {text: "x", key: $n, collection: $n}},
		{op: "snapshot", args: {path: $n}},
		{op: "snapshot", args: {path: ("/" + $n)}},
		{op: "collection_create", args: {name: "c", embedder: ("words/" + $n)}}) + {token: $token}' |
		wire >"$dir/run/answers"
	same $((7 * ${#names[@]})) "$(wc -l <"$dir/run/answers")"
	jq -c 'select(.ok and (.result.name // "" | test("^[A-Za-z0-9][A-Za-z0-9_-]*$") | not) and (.result | has("dropped") | not))' \
		"$dir/run/answers" | head -n 5 >&2
	rm "$dir/run/answers"
	works collection_list | jq -e '[.collections[].name] | all(test("^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"))'
	same "$before" "$(find "$dir" -not -path "$data/meta.db*" -not -path "$log" -not -name hnsw.index -not -path "$data/collections/[2-9]*" | sort)"
	stop
}

@test "modes are exact under umask 0" {
	umask 0
	serve
	token=$(account ada)
	works add '{"text":"a"}'
	printf 'a long password\n' | XDG_STATE_HOME=$dir/state "$build/coolvec" --socket "$sock" login ada --password-file -
	works snapshot "{\"path\":\"$dir/backup/one\"}" ''
	same 600 "$(stat -c %a "$sock")"
	stop
	"$build/coolvecd" --env /dev/null --data "$data" --rotate-key
	printf 'cat 1 2\ndog 2 1\n' | "$build/coolvecd" --env /dev/null --data "$data" --import-words - few
	"$build/coolvecd" --env /dev/null --data "$dir/restored" --restore "$dir/backup/one"
	local all=("$data" "$dir/backup/one" "$dir/restored" "$dir/state")
	same "" "$(find "${all[@]}" -type f -not -perm 600)"
	same "" "$(find "${all[@]}" -type d -not -perm 700)"
	[ "$(find "${all[@]}" -type f | wc -l)" -ge 12 ]
	serve --group "$(id -gn)"
	same 660 "$(stat -c %a "$sock")"
	stop
}
