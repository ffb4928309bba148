# import and export: each format, there and back, and files that are not what they say.

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
	cd "$BATS_TEST_TMPDIR" || return
}

# Little-endian bytes of integers, and of small whole numbers as float32.
u32() {
	local n
	for n; do
		# shellcheck disable=SC2059
		printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((n & 255)) $((n >> 8 & 255)) \
			$((n >> 16 & 255)) $((n >> 24 & 255)))"
	done
}

f32() {
	local n e
	for n; do
		e=0
		while (((n >> (e + 1)) > 0)); do e=$((e + 1)); done
		u32 $(((127 + e) << 23 | (n << (23 - e) & 0x7fffff)))
	done
}

# npy DICT [VERSION]: the head of an npy file with this dict.
npy() {
	local dict=$1 n
	n=$((${#dict} + 1))
	if [ "${2:-1}" = 1 ]; then
		printf '\x93NUMPY\x01\x00'
		u32 $n | head -c 2
	else
		# shellcheck disable=SC2059
		printf "\\x93NUMPY\\x0$2\\x00"
		u32 $n
	fi
	printf '%s\n' "$dict"
}

vectors_only() {
	coolvec collection drop t --yes >/dev/null 2>&1 || true
	coolvec collection create t --embedder none --dim "$1" --metric l2 >/dev/null
}

@test "fvecs: each vector with its dim in front" {
	vectors_only 3
	{ u32 3; f32 1 2 3; u32 3; f32 4 5 6; } >two.fvecs
	[ "$(coolvec import two.fvecs -c t)" = 2 ]
	[ "$(coolvec get 0 1 -c t --vector --json | jq -c .vector)" = $'[1,2,3]\n[4,5,6]' ]
	[ "$(coolvec import - --format fvecs -c t --json <two.fvecs)" = '{"imported":2}' ]
	[ "$(coolvec count -c t)" = 4 ]
}

@test "npy of version 1.0 and 2.0, with the dict as others may write it" {
	vectors_only 2
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"; f32 1 2 3 4; } >one.npy
	[ "$(coolvec import one.npy -c t)" = 2 ]
	{ npy '{"shape":(1,2),"fortran_order":False,"descr":"<f4"}' 2; f32 5 6; } >two.npy
	[ "$(coolvec import two.npy -c t)" = 1 ]
	[ "$(coolvec import - --format npy -c t <one.npy)" = 2 ]
	[ "$(coolvec get 2 3 -c t --vector --json | jq -c .vector)" = $'[5,6]\n[1,2]' ]
	npy "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }" >none.npy
	[ "$(coolvec import none.npy -c t)" = 0 ]
}

@test "JSON lines: text, vector, key and meta; an id and nulls are left out" {
	fresh
	cat >in.jsonl <<-'END'
		{"id":17,"text":"one","key":"a","meta":{"n":1},"vector":null}

		{"text":"two","key":null,"meta":null}
	END
	[ "$(coolvec import in.jsonl -c t)" = 2 ]
	[ "$(coolvec list -c t --json)" = '{"id":0,"text":"one","key":"a","meta":{"n":1}}
{"id":1,"text":"two","key":null,"meta":null}' ]
}

@test "the vector of a JSON line may be numbers or base64" {
	vectors_only 2
	{ echo '{"vector":[1,2.5]}'; echo "{\"vector\":\"$(f32 3 4 | base64)\"}"; } >in.jsonl
	[ "$(coolvec import in.jsonl -c t)" = 2 ]
	[ "$(coolvec get 0 1 -c t --vector --json | jq -c .vector)" = $'[1,2.5]\n[3,4]' ]
}

@test "--key takes the key from a member, and importing twice stores once" {
	fresh
	printf '%s\n' '{"id":7,"text":"one"}' '{"id":"x","text":"two"}' >in.jsonl
	[ "$(coolvec import in.jsonl -c t --key id)" = 2 ]
	[ "$(coolvec list -c t --json | jq -r .key | paste -sd,)" = "7,x" ]
	[ "$(coolvec import in.jsonl -c t --key id)" = 2 ]
	[ "$(coolvec count -c t)" = 2 ]
	echo '{"text":"three"}' >>in.jsonl
	run --separate-stderr -6 coolvec import in.jsonl -c t --key id
	[ "$output" = 2 ]
	[ "$stderr" = "coolvec: line 3: its member id is no string and no integer" ]
}

@test "--key row makes keys of the places of vectors" {
	vectors_only 1
	{ u32 1; f32 5; u32 1; f32 6; } >two.fvecs
	coolvec import two.fvecs -c t --key row
	coolvec import two.fvecs -c t --key row
	[ "$(coolvec list -c t --json | jq -r .key | paste -sd,)" = "0,1" ]
	run --separate-stderr -2 coolvec import two.fvecs -c t --key name
	[[ $stderr == *"vectors have no members"* ]]
}

@test "tsv is what list prints, without the ids" {
	fresh
	coolvec add -c t --key k --meta '{"a":"b\\c"}' $'tab\there, line\nthere, back\\slash \001\u009b'
	coolvec add -c t "plain" >/dev/null
	coolvec list -c t --fields text,key,meta | cut -f2- >out.tsv
	coolvec list -c t --json >before
	coolvec delete -c t 0 1
	[ "$(coolvec import out.tsv -c t)" = 2 ]
	diff <(jq -c 'del(.id)' before) <(coolvec list -c t --json | jq -c 'del(.id)')
}

@test "bad lines are told and left out, status 6" {
	fresh
	printf '%s\n' 'good' 'bad\q' 'a	b	{	d' 'a	b	[1]' $'bad\xff' '	key' 'also good' >in.tsv
	run --separate-stderr -6 coolvec import in.tsv -c t
	[ "$output" = 2 ]
	[[ $stderr == *"line 2: its text has a backslash"* ]]
	[[ $stderr == *"line 3: "* && $stderr == *"line 4: "*"meta"* && $stderr == *"line 5: "*"UTF-8"* ]]
	[[ $stderr == *"line 6: the text is empty"* ]]
	run --separate-stderr -2 coolvec import - --format jsonl -c t <<<'[1]'
	[ "$output" = 0 ]
	[ "$stderr" = "coolvec: line 1: not a JSON object" ]
}

@test "items come back from JSON lines byte for byte" {
	fresh
	coolvec add -c t "a text" $'more\ttext \u00e9 \u2028 \001 "quoted"' >/dev/null
	coolvec add -c t --key k --meta '{"x":0.1234567890123456,"y":1e-300,"z":[1,null]}' three >/dev/null
	coolvec delete -c t 0 >/dev/null
	coolvec export one.jsonl -c t
	[ "$(wc -l <one.jsonl)" = 2 ]
	coolvec collection create back >/dev/null
	coolvec import one.jsonl -c back
	coolvec export -c back >two.jsonl
	cmp <(jq -cS 'del(.id)' one.jsonl) <(jq -cS 'del(.id)' two.jsonl)
	[ "$(jq -c .meta one.jsonl | tail -n 1)" = '{"x":0.1234567890123456,"y":1e-300,"z":[1,null]}' ]
	coolvec collection drop back --yes >/dev/null
}

@test "vectors come back byte for byte, by npy and by JSON lines, over many batches" {
	vectors_only 7
	# any bytes with the exponent of a number between 1/2 and 4
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (9001, 7), }"
		head -c 189021 /dev/urandom | od -An -v -tx1 -w3 |
			awk '{ printf "%s%s%s%s", $1, $2, $3, NR % 2 ? "3f" : "bf" }' | xxd -r -p; } >in.npy
	[ "$(coolvec import in.npy -c t)" = 9001 ]
	[ "$(coolvec export out.npy -c t)" = 9001 ]
	cmp <(tail -c 252028 in.npy) <(tail -c 252028 out.npy)
	[ "$(stat -c %s out.npy)" = $((252028 + 128)) ]
	coolvec export out.jsonl -c t
	vectors_only 7
	coolvec import out.jsonl -c t
	coolvec export - --format npy -c t | cmp - out.npy
	coolvec export >&- -c t 2>err && false
	[ "$(coolvec verify -c t | head -n 2 | cut -f2 | paste -sd,)" = "9001,0" ]
}

@test "what was exported opens as it should be: dict, and 64 bytes' alignment" {
	vectors_only 2
	{ u32 2; f32 1 2; } | coolvec import - --format fvecs -c t
	coolvec export one.npy -c t
	[ "$(head -c 8 one.npy | od -An -tx1 | tr -d ' ')" = 934e554d50590100 ]
	[ "$(dd if=one.npy bs=1 skip=10 count=58 status=none)" = \
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), " ]
	[ "$(dd if=one.npy bs=1 skip=127 count=1 status=none | od -An -tx1)" = " 0a" ]
	cmp <(tail -c 8 one.npy) <(f32 1 2)
}

@test "files that are not what they say are refused with a sentence, status 8, and nothing is stored" {
	vectors_only 2
	head="'fortran_order': False, 'shape': (1, 2), }"
	printf '' >empty.npy
	echo 'no numpy array here' >magic.npy
	npy "{'descr': '<f4', $head" 3 >version.npy
	{ npy "{'descr': '<f8', $head"; f32 1 2 3 4; } >doubles.npy
	{ npy "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }"; f32 1 2; } >fortran.npy
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"; f32 1 2; } >flat.npy
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2), }"; } >huge.npy
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }"; } >large.npy
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 999999999999), }"; } >wide.npy
	{ npy "{'descr': '<f4', $head"; f32 1; } >short.npy
	{ npy "{'descr': '<f4', $head"; f32 1 2 3; } >long.npy
	{ npy "{'descr': [('x', '<f4')], $head"; f32 1 2; } >fields.npy
	npy "{'descr': '<f4', $head" | head -c 40 >cut.npy
	printf '\x93NUMPY\x02\x00\xff\xff\xff\x7f{}' >header.npy
	{ u32 2; f32 1; } >short.fvecs
	{ u32 2; f32 1 2; u32 2; } >head.fvecs
	{ u32 2; f32 1 2; u32 1; f32 1; } >mixed.fvecs
	{ u32 4294967295; f32 1 2; } >negative.fvecs
	{ u32 100000; f32 1 2; } >wide.fvecs
	printf '\x02\x00' >cut.fvecs
	{ u32 3; f32 1 2 3; } >other.fvecs
	for f in *.npy *.fvecs; do
		run --separate-stderr -8 timeout 20 coolvec import "$f" -c t
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == "coolvec: $f: "* ]] || { echo "$f: $stderr"; false; }
	done
	[ "$(coolvec count -c t)" = 0 ]
}

@test "in a pipe what is wrong is seen when it comes, and what was before it is kept, status 6" {
	vectors_only 2
	for tail in "u32 2 1" "u32 3 1 1" ""; do
		{ u32 2; f32 1 2; u32 2; f32 3 4; $tail; } >in.fvecs
		status=0
		# shellcheck disable=SC2002
		cat in.fvecs | coolvec import - --format fvecs -c t >n 2>err || status=$?
		[ "$(cat n)" = 2 ]
		[ -z "$tail" ] || [ $status = 6 ]
		[ -z "$tail" ] || grep -q '^coolvec: standard input, after vector 2: ' err
	done
	{ npy "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"; f32 1 2 3 4; } >in.npy
	# shellcheck disable=SC2002
	run --separate-stderr -6 sh -c 'cat in.npy | coolvec import - --format npy -c t'
	[[ $stderr == *"it ends before its last vector"* ]]
}

@test "a vector that cannot be is told by its place" {
	vectors_only 2
	{ u32 2; f32 1 2; u32 2 0 0; u32 2 2143289344 0; u32 2; f32 3 4; } >in.fvecs
	run --separate-stderr -6 coolvec import in.fvecs -c t
	[ "$output" = 2 ]
	[[ ${stderr_lines[0]} == "coolvec: vector 2: "* && ${stderr_lines[1]} == "coolvec: vector 3: "* ]]
}

@test "the format is told by the name or by --format, else refused" {
	run --separate-stderr -2 coolvec import in.csv
	[[ $stderr == *"say --format"* ]]
	run --separate-stderr -2 coolvec import in.csv --format csv
	[[ $stderr == *"fvecs, npy, jsonl or tsv"* ]]
	run --separate-stderr -2 coolvec export out.fvecs
	[[ $stderr == *"jsonl and npy"* ]]
	run --separate-stderr -2 coolvec import missing.npy
	[[ $stderr == *"cannot open missing.npy"* ]]
	run -3 coolvec export -c missing
}

@test "an export that fails leaves no file and does not touch the one that was there" {
	fresh
	coolvec add -c t one >/dev/null
	echo before >out.jsonl
	run -5 coolvec export out.jsonl --socket "$BATS_TEST_TMPDIR/nobody"
	[ "$(cat out.jsonl)" = before ]
	run --separate-stderr -1 sh -c 'coolvec export -c t >/dev/full'
	[[ $stderr == *"No space left on device" ]]
	run --separate-stderr -1 coolvec export /dev/full -c t --format jsonl
	[[ $stderr == *"No space left on device" ]]
	run --separate-stderr -1 coolvec export missing/out.jsonl -c t
	mkdir folder.jsonl
	run --separate-stderr -1 coolvec export folder.jsonl -c t
	ls -A >files
	[ -z "$(grep partial files)" ]
}

@test "progress is shown, with rate and time left" {
	vectors_only 1
	mkfifo in
	coolvec import in --format fvecs -c t --progress >n 2>err 3>&- &
	importing=$!
	exec 7>in
	{ u32 1; f32 1; } >&7
	while ! grep -q imported err; do sleep 0.05; done
	exec 7>&-
	wait $importing
	grep -q '^coolvec: 1 imported, [01]/s$' err
}

@test "Ctrl-C ends an import with what was kept, status 130" {
	vectors_only 1
	mkfifo in
	# a job in the background would ignore it
	cat >run.exp <<-'END'
		set timeout 20
		spawn -noecho coolvec import in --format fvecs -c t --progress
		expect "1 imported"
		send "\003"
		expect "interrupted: 1 imported"
		expect eof
		exit [lindex [wait] 3]
	END
	expect run.exp >out 3>&- &
	importing=$!
	exec 7>in
	{ u32 1; f32 1; } >&7
	status=0
	wait $importing || status=$?
	exec 7>&-
	[ $status = 130 ]
	[ "$(coolvec count -c t)" = 1 ]
}
