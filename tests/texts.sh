#!/bin/bash
# texts.sh - real texts to stdout, one a line: the names and short descriptions of Debian's packages,
# as apt knows them; where it knows none, the one-line descriptions of the manual pages.
#
# usage: texts.sh [N]	at most N of them, spread over all
set -eu
n=${1:-1000000}
packages() {
	apt-cache dumpavail 2>/dev/null | awk '
		/^Package: / { name = substr($0, 10) }
		/^Description(-en)?: / && name != "" {
			if (!seen[name]++) print name ": " substr($0, index($0, ":") + 2)
			name = ""
		}'
}
texts=$(packages)
if [ "$(wc -l <<<"$texts")" -lt 1000 ]; then
	texts=$(whatis -w '*' 2>/dev/null) || true
fi
[ -n "$texts" ] || { echo "texts.sh: neither apt nor the manual pages have texts here" >&2; exit 1; }
awk -v n="$n" '{ line[NR] = $0 } END {
	for (i = 0; i < NR; i++) if (NR <= n || int(i * n / NR) != int((i - 1) * n / NR) || i == 0) print line[i + 1]
}' <<<"$texts"
