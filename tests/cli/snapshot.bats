# snapshot, and coolvecd --restore.

load helper

setup() {
	place=$BATS_TEST_TMPDIR
	isolate
	daemon_start
	log_in
}

teardown() {
	for process in $writers $daemon; do
		kill "$process" || true
	done
}

restore() {
	"$build/coolvecd" --env /dev/null --data "$place/data2" --restore "$@"
}

# From here on the daemon is one on what was restored.
go_over() {
	daemon_stop
	mv "$place/data" "$place/old"
	mv "$place/data2" "$place/data"
	daemon_start
	coolvec login ada --password-file "$place/password"
}

# Flip a bit of byte AT of FILE.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N1 "$1")
	printf %b "$(printf '\\x%x' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "a snapshot is restored to what was there" {
	for n in 1 2 3; do coolvec add --key "k$n" --meta "{\"n\":$n}" "text $n"; done >/dev/null
	coolvec delete 1 >/dev/null
	coolvec collection create empty >/dev/null
	coolvec collection create v --embedder none --dim 2 --metric l2 >/dev/null
	echo '{"vector":[1,2]}' | coolvec add -c v --jsonl >/dev/null
	coolvec list --json --fields text,key,meta >before
	coolvec logout
	[ "$(coolvec snapshot snap)" = "$PWD/snap" ]
	[ "$(stat -c %a snap)" = 700 ]
	[ "$(find snap -type f -perm 600 | wc -l)" = "$(find snap -type f | wc -l)" ]
	[ ! -e snap/secret.key ]
	[ ! -e snap.partial ]
	run -0 restore snap
	[[ $output == "$place/data2: "*" files, "*" bytes, as of 20"*Z ]]
	go_over
	coolvec list --json --fields text,key,meta | cmp - before
	[ "$(coolvec collection list | cut -f1,2,4)" = $'default\tcosine\t2\nempty\tcosine\t0\nv\tl2\t1' ]
	coolvec verify
	coolvec verify -c v
	[ "$(coolvec add "the next")" = 3 ]
	[ "$(coolvec add -c empty "the first")" = 0 ]
	[ "$(coolvec search "text 3" -k 1 | cut -f1)" = 2 ]
}

@test "a snapshot under load has all that was answered before it, and is whole" {
	coolvec collection create v --embedder none --dim 8 >/dev/null
	for w in 1 2 3; do
		(
			trap 'exit 0' TERM
			for i in $(seq 100000); do
				awk -v s="$w$i" 'BEGIN { srand(s); for (i = 0; i < 50; i++) { printf "{\"vector\":["
					for (j = 0; j < 8; j++) printf "%s%.4f", j ? "," : "", rand() - .5
					print "]}" } }' | coolvec add -c v --jsonl >>"added$w" || exit 1
				[ "$w" != 3 ] || tail -n 5 "added$w" | coolvec delete -c v - >>deleted
			done
		) 3>&- &
		writers+=" $!"
	done
	coolvec add "embedded" >/dev/null
	for n in 1 2 3; do
		until [ "$(cat added1 added2 added3 2>/dev/null | wc -l)" -ge $((n * 1500)) ]; do :; done
		cp deleted "deleted$n"
		sort -n added1 added2 added3 >"acknowledged$n"
		coolvec snapshot "snap$n" >/dev/null
		sort -n deleted >"after$n"
	done
	for process in $writers; do kill "$process"; wait "$process" || true; done
	writers=
	for n in 1 2 3; do
		rm -rf "$place/data2" "$place/old"
		restore "snap$n"
		go_over
		coolvec verify -c v
		coolvec verify
		coolvec list -c v | cut -f1 | sort >there
		# answered before it began, and not deleted until it had ended
		comm -23 <(sort "acknowledged$n") <(sort "after$n") >due
		[ "$(wc -l <due)" -gt 1000 ]
		[ -z "$(comm -23 due there)" ]
		# deleted before it began
		[ -z "$(comm -12 <(sort "deleted$n") there)" ]
		[ "$(coolvec count -c v)" = "$(wc -l <there)" ]
		[ -z "$(coolvec stats -c v --json | jq -r .index_note)" ]
		[ "$(coolvec similarity -c v "$(head -n 1 due)" | wc -l)" = 5 ]
		[ "$(coolvec search embedded -k 1 | cut -f3)" = embedded ]
		coolvec add -c v --vector <(echo '[1,2,3,4,5,6,7,8]') >/dev/null
	done
}

@test "a byte that changed in any file is refused by the file's name, and nothing is restored" {
	for n in 1 2 3; do coolvec add "text $n"; done >/dev/null
	daemon_stop
	daemon_start		# hnsw.index is there now
	coolvec snapshot snap >/dev/null
	names=$(cd snap && find . -type f -printf '%P\n')
	[ "$(wc -l <<<"$names")" = 4 ]
	for name in $names; do
		size=$(stat -c %s "snap/$name")
		for at in 0 7 $((size / 2)) $((size - 1)); do
			flip "snap/$name" "$at"
			run --separate-stderr -1 restore snap
			[[ $stderr == "coolvecd: $name "*damaged* ]] || { echo "$name $at: $stderr"; false; }
			[ ! -e "$place/data2" ] && [ ! -e "$place/data2.partial" ]
			flip "snap/$name" "$at"
		done
	done
	restore snap
}

@test "no byte of a manifest can change unseen" {
	coolvec add "a text" >/dev/null
	coolvec snapshot snap >/dev/null
	size=$(stat -c %s snap/manifest.json)
	for at in $(seq 0 $((size - 1))); do
		flip snap/manifest.json "$at"
		run -1 restore snap
		flip snap/manifest.json "$at"
	done
	restore snap
}

@test "a file that is missing, cut or longer is refused by its name" {
	coolvec add "a text" >/dev/null
	coolvec snapshot snap >/dev/null
	cp -r snap whole
	echo >>snap/meta.db
	run --separate-stderr -1 restore snap
	[[ $stderr == "coolvecd: meta.db is damaged: it has "* ]]
	cp whole/meta.db snap
	truncate -s -1 snap/collections/1/vectors.bin
	run --separate-stderr -1 restore snap
	[[ $stderr == "coolvecd: collections/1/vectors.bin is damaged: it has "* ]]
	rm snap/collections/1/vectors.bin
	run --separate-stderr -1 restore snap
	[[ $stderr == "coolvecd: cannot open collections/1/vectors.bin: No such file or directory" ]]
	rm snap/manifest.json
	run --separate-stderr -1 restore snap
	[[ $stderr == "coolvecd: there is no manifest.json in snap" ]]
}

@test "a snapshot is made in no place where something is" {
	coolvec add "a text" >/dev/null
	mkdir full empty
	: >full/file
	run --separate-stderr -1 coolvec snapshot full
	[ "$stderr" = "coolvec: $PWD/full is there already" ]
	run -1 coolvec snapshot full/file
	run --separate-stderr -2 coolvec snapshot none/snap
	[[ $stderr == *"No such file or directory" ]]
	run --separate-stderr -2 coolvec snapshot "$place/data/collections/9"
	[[ $stderr == *" is in the data folder" ]]
	mkdir half.partial
	run --separate-stderr -1 coolvec snapshot half
	[[ $stderr == *"half.partial is there: of a snapshot that was broken off? remove it" ]]
	[ -d half.partial ]
	coolvec snapshot empty/
	[ -e empty/manifest.json ]
	[ "$(find . -name '*.partial')" = ./half.partial ]
	run -2 coolvec snapshot ""
	run -2 coolvec snapshot
	printf '{"op":"snapshot","args":{"path":"relative"}}\n{"op":"snapshot","args":{"path":"//"}}\n' |
		socat - "UNIX-CONNECT:$COOLVEC_SOCKET" | jq -e '.error.name == "bad_request"'
}

@test "a disk without room is told, and leaves nothing behind" {
	coolvec add "a text" >/dev/null
	[ "$(id -u)" = 0 ] || skip "mounting needs root"
	mkdir small
	unshare -m true 2>/dev/null || skip "no mounts here"
	mount -t tmpfs -o size=64k none small 2>/dev/null || skip "no tmpfs here"
	run --separate-stderr coolvec snapshot small/snap
	left=$(ls small)
	umount small
	[ "$status" = 1 ]
	[ -z "$left" ]
	[ "$(coolvec count)" = 1 ]
}

@test "nobody else may ask for a snapshot" {
	[ "$(id -u)" = 0 ] || skip "being somebody else needs root"
	open=$(mktemp -d)
	chmod 755 "$open"
	daemon_stop
	COOLVEC_SOCKET=$open/sock
	daemon_start
	chmod 666 "$open/sock"
	printf '{"op":"snapshot","args":{"path":"/tmp/coolvec-forbidden"}}\n' |
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			socat - "UNIX-CONNECT:$open/sock" >answer
	rm -r "$open"
	[ "$(jq -r .error.name answer)" = forbidden ]
	[ ! -e /tmp/coolvec-forbidden ]
}

@test "a snapshot is restored into no folder that has something" {
	coolvec add "a text" >/dev/null
	coolvec snapshot snap >/dev/null
	mkdir "$place/data2"
	: >"$place/data2/file"
	run --separate-stderr -1 restore snap
	[[ $stderr == *"data2 is not empty: a snapshot is restored into a folder that is missing or empty" ]]
	rm "$place/data2/file"
	DB_URI=postgresql://x run -1 restore snap
	restore snap
	go_over
	[ "$(coolvec count)" = 1 ]
}
