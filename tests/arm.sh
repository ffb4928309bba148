#!/bin/bash
# arm.sh - libvec's unit tests on 64-bit ARM: compiled here for that machine, run by qemu.
#
# cmocka for ARM is fetched from the same archive as all else, into build/arm, with lists of its own: the
# system knows nothing of another architecture.  Left out are the tests that open a collection a thousand
# times: qemu keeps a note of each page of address space that was ever reserved.
set -eu
cd "$(dirname "$0")/.."
B=build/arm
place=$PWD/$B/cmocka lib=$PWD/$B/cmocka/usr/lib/aarch64-linux-gnu
LEFT_OUT="test_fault test_index test_change"

fetch() {
	local apt=(-q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
		-o "Dir::State::Lists=$place/lists" -o "Dir::Cache=$place/cache")
	mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
	(
		cd "$place"
		apt-get "${apt[@]}" update >/dev/null
		apt-get "${apt[@]}" download libcmocka0 libcmocka-dev >/dev/null
		for deb in *.deb; do dpkg -x "$deb" .; done
	)
}

[ -e "$lib/libcmocka.so" ] || fetch
programs=()
for t in tests/unit/libvec/test_*.c; do
	name=$(basename "$t" .c)
	case " $LEFT_OUT " in *" $name "*) continue ;; esac
	programs+=("$B/tests/unit/libvec/$name")
done
make --no-print-directory -s -j2 B="$B" CC=aarch64-linux-gnu-gcc LD=aarch64-linux-gnu-ld \
	OBJCOPY=aarch64-linux-gnu-objcopy CFLAGS="-O2 -g -isystem $place/usr/include" LDFLAGS="-L$lib" "${programs[@]}"
passed=0 failed=0
for t in "${programs[@]}"; do
	if CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 qemu-aarch64 -L /usr/aarch64-linux-gnu \
		-E LD_LIBRARY_PATH="$lib" "$t" >"$t.tap" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - $t"
		tail -n 20 "$t.tap"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
