#!/bin/bash
# debs.sh - a program out of a Debian package, unpacked into build/debs and not installed.
#
# usage: debs.sh PROGRAM PACKAGE
#
# nginx and prometheus would start services of their own when they are installed.  Exits 0 when the
# program is on the path or was unpacked, else 77 with a line.
set -u
into=$(cd "$(dirname "$0")/../.." && pwd)/build/debs
if command -v "$1" >/dev/null || [ -x "$into/usr/bin/$1" ] || [ -x "$into/usr/sbin/$1" ]; then
	exit 0
fi
mkdir -p "$into"
cd "$into" || exit 77
if ! apt-get download -q "$2" >log 2>&1 || ! dpkg -x "$2"_*.deb . 2>>log; then
	echo "$1 is not installed, and apt cannot download $2"
	exit 77
fi
rm -f "$2"_*.deb
