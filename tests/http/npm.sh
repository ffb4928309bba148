#!/bin/bash
# npm.sh - newman and spectral into build/npm, from the lock file here; nothing to do when they are there.
#
# Exits 0, or 77 with a line when npm or its registry cannot be had.
set -u
here=$(cd "$(dirname "$0")" && pwd)
into=$here/../../build/npm
if cmp -s "$here/package-lock.json" "$into/installed"; then
	exit 0
fi
command -v npm >/dev/null || { echo "npm is not installed"; exit 77; }
mkdir -p "$into"
cp "$here/package.json" "$here/package-lock.json" "$into"
if ! npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund >"$into/log" 2>&1; then
	echo "npm cannot install: $(grep -m 1 'npm error' "$into/log")"
	exit 77
fi
cp "$here/package-lock.json" "$into/installed"
