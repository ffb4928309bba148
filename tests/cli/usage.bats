# The command line itself, without a daemon: usage, options, typos, help, completion, manual.

load helper

setup() {
	isolate
}

@test "without a command the usage goes to standard error, status 2" {
	run --separate-stderr -2 coolvec
	[ -z "$output" ]
	[[ $stderr == "usage: coolvec COMMAND"* ]]
}

@test "help goes to standard output and names every command" {
	run --separate-stderr -0 coolvec help
	[ -z "$stderr" ]
	for c in register login logout passwd whoami prefs add similarity search distance get list count import export repl \
		update delete embed stats verify ping completion help version; do
		grep -q "^  $c " <<<"$output"
	done
	[ "$output" = "$(coolvec --help)" ]
}

@test "help explains each command, as --help does" {
	coolvec help | sed -n '/^commands:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p' >names
	[ "$(wc -l <names)" -ge 26 ]
	while read -r name; do
		# shellcheck disable=SC2086
		run -0 coolvec help $name
		[[ ${lines[0]} == "usage: coolvec $name"* ]]
		# shellcheck disable=SC2086
		[ "$output" = "$(coolvec $name --help)" ]
	done <names
}

@test "help of a group explains all its commands" {
	run -0 coolvec help collection
	for c in create list show drop; do
		grep -q "^usage: coolvec collection $c" <<<"$output"
	done
}

@test "a typo is answered with the command that was meant" {
	run --separate-stderr -2 coolvec similarty 0
	[[ $stderr == 'coolvec: there is no command "similarty"; did you mean similarity?'* ]]
	run --separate-stderr -2 coolvec collection lsit
	[[ $stderr == *"did you mean collection list?"* ]]
	run --separate-stderr -2 coolvec frobnicate
	[[ $stderr != *"did you mean"* ]]
}

@test "a typo in an option is answered with the one that was meant" {
	run --separate-stderr -2 coolvec similarity 0 --exakt
	[[ $stderr == *"did you mean --exact?"* ]]
	[[ $stderr == *"usage: coolvec similarity"* ]]
}

@test "an option of another command is refused with the usage" {
	run --separate-stderr -2 coolvec count -k 3
	[[ $stderr == "coolvec: count has no option -k"*"usage: coolvec count"* ]]
}

@test "a value that is missing, or not wanted, is refused" {
	run --separate-stderr -2 coolvec similarity 0 -k
	[[ $stderr == *"--k needs a value: N"* ]]
	run --separate-stderr -2 coolvec list --json=yes
	[[ $stderr == *"--json takes no value"* ]]
}

@test "a number is read whole or refused" {
	for n in 0 10001 3x -1 '' 99999999999999999999999; do
		run --separate-stderr -2 coolvec similarity 0 "--k=$n"
		[[ $stderr == *"--k is a number from 1 to 10000"* ]]
	done
}

@test "an id is a number" {
	run --separate-stderr -2 coolvec distance 0 x
	[[ $stderr == *'an id is a number from 0, not "x"'* ]]
}

@test "too many arguments are refused" {
	run --separate-stderr -2 coolvec count 3
	[[ $stderr == *'too many arguments, from "3" on'* ]]
}

@test "- stands alone" {
	run --separate-stderr -2 coolvec add text -
	[[ $stderr == *"stands alone"* ]]
}

@test "version is the same as a command and as an option" {
	run -0 coolvec version
	[[ $output =~ ^coolvec\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$output" = "$(coolvec --version)" ]
}

@test "control characters in an argument do not reach the terminal" {
	run --separate-stderr -2 coolvec $'li\033[31mst'
	[[ $stderr == *'li\x1b[31mst'* ]]
	[[ $stderr != *$'\033'* ]]
}

@test "the completions in completions/ are what the command prints" {
	coolvec completion bash | cmp - "$root/completions/coolvec.bash"
	coolvec completion zsh | cmp - "$root/completions/_coolvec"
	coolvec completion fish | cmp - "$root/completions/coolvec.fish"
	run -2 coolvec completion tcsh
}

@test "every command is in the three completions and in the manual" {
	coolvec help | sed -n '/^commands:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p' >names
	while read -r name; do
		grep -q "^	'$name'" "$root/completions/coolvec.bash"
		grep -q "	'\?${name#* }[:)]" "$root/completions/_coolvec"
		grep -q -e " -a ${name#* } " "$root/completions/coolvec.fish"
		grep -q "^\.It Cm $name" "$root/man/coolvec.1"
	done <names
}

@test "every option is in the manual" {
	coolvec help >options
	sed -n '/^commands:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p' options >names
	while read -r name; do
		# shellcheck disable=SC2086
		coolvec help $name >>options
	done <names
	grep -o -e '--[a-z][a-z0-9-]*' options | sort -u >long
	[ "$(wc -l <long)" -ge 25 ]
	while read -r option; do
		grep -q -e "Fl Fl ${option#--}\b" "$root/man/coolvec.1"
	done <long
}

@test "the manual is clean" {
	# the other pages may not be installed yet
	run mandoc -Tlint "$root/man/coolvec.1"
	[ -z "$(grep -v "referenced manual not found" <<<"$output")" ]
	[ -z "$(grep -n ".\{81\}" "$root/man/coolvec.1")" ]
}

complete_line() {
	# shellcheck disable=SC2034
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_coolvec
	echo "${COMPREPLY[*]}"
}

@test "bash completes commands, options and values" {
	# shellcheck source=/dev/null
	. "$root/completions/coolvec.bash"
	[ "$(complete_line coolvec simi)" = similarity ]
	[ "$(complete_line coolvec similarity --ex)" = --exact ]
	[ "$(complete_line coolvec similarity --metric "")" = "cosine l2 ip l1" ]
	[ "$(complete_line coolvec --json collection d)" = drop ]
	[ "$(complete_line coolvec -c add collection create --emb)" = --embedder ]
	[ "$(complete_line coolvec collection list --emb)" = "" ]
	[ "$(complete_line coolvec help verif)" = verify ]
	touch a-file
	[ "$(complete_line coolvec login ada --password-file a-f)" = a-file ]
	[ "$(complete_line coolvec similarity 0 -k a-f)" = "" ]
	[ "$(complete_line coolvec import a-f)" = a-file ]
	[ "$(complete_line coolvec export --format j)" = jsonl ]
}

@test "zsh and fish read their completions" {
	command -v zsh fish >/dev/null || skip "zsh or fish is not installed"
	zsh -n "$root/completions/_coolvec"
	fish -n "$root/completions/coolvec.fish"
}
