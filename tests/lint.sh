#!/bin/bash
# lint.sh - clang-tidy, cppcheck, shellcheck and mandoc over the whole tree; any finding fails.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0

run() {
	echo "lint: $1"
	shift
	"$@" || status=1
}

mapfile -t sources < <(git ls-files 'libvec/*.c' 'daemon/*.c' 'cmd/*.c' | grep -v neon)
mapfile -t shell < <(git ls-files '*.sh' '*.bash' '.ci/run' | grep -v '^completions/')

# called through run
# shellcheck disable=SC2317
tidy() {
	printf '%s\n' "${sources[@]}" |
		xargs -P 2 -n 8 clang-tidy -p . --quiet --warnings-as-errors='*' \
			--checks='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-narrowing-conversions,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-clang-analyzer-valist.Uninitialized,-bugprone-branch-clone,-bugprone-macro-parentheses,-bugprone-not-null-terminated-result,-bugprone-suspicious-string-compare,-bugprone-implicit-widening-of-multiplication-result' \
			2>/dev/null
}

run clang-tidy tidy
run cppcheck cppcheck --quiet --enable=warning,portability --error-exitcode=1 --inline-suppr \
	--suppress=missingIncludeSystem --suppress=unknownMacro -j 2 libvec daemon cmd
run shellcheck shellcheck -x "${shell[@]}"
# another manual that is not installed on this system is no finding
# shellcheck disable=SC2317
manuals() {
	! mandoc -Tlint -W warning man/*.[1-9] 2>&1 | grep -vE 'referenced manual|mandoc\.db'
}
run mandoc manuals
exit $status
