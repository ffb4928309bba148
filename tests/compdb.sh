#!/bin/bash
# compdb.sh - turn `make -Bnk` on standard input into compile_commands.json on standard output.
set -eu
first=1
echo '['
while read -r line; do
	case $line in
	*' -c -o '*.c) ;;
	*) continue ;;
	esac
	[ "$first" = 1 ] || echo ','
	first=0
	jq -n --arg d "$PWD" --arg c "$line" --arg f "${line##* }" '{directory: $d, command: $c, file: $f}'
done
echo ']'
