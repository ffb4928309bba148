#!/bin/bash
# sqlite_vec.sh - the SQLite extension sqlite-vec from npm, kept in the cache; prints its path.
#
# Exits 77 with a line when it cannot be had.
set -eu
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coolvec/bench
vec0=$cache/node_modules/sqlite-vec-linux-x64/vec0
mkdir -p "$cache"
[ -e "$vec0.so" ] || npm install --prefix "$cache" --no-audit --no-fund --ignore-scripts \
	sqlite-vec-linux-x64@0.1.6 >"$cache/log" 2>&1 ||
	{ echo "sqlite-vec cannot be had: $(grep -m 1 'npm error' "$cache/log")"; exit 77; }
echo "$vec0"
