#!/bin/bash
# power.sh - cut the power of a real file system under a daemon at work, again and again.
#
# usage: tests/crash/power.sh ext4|xfs CUTS
#
# The file system lies in an image in memory behind a loop device.  Exits 77 with a reason where that
# cannot be made: it takes root, loop devices, and mkfs of that kind.
set -eu
cd "$(dirname "$0")/../.."
B=build/${SAN:-release} type=$1 cuts=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/coolvec-power.XXXXXX")
image=$(mktemp /dev/shm/coolvec-power.XXXXXX)
device=

clean_up() {
	umount "$dir/mount" 2>/dev/null || true
	[ -z "$device" ] || losetup -d "$device" || true
	rm -rf "$dir" "$image"
}
trap clean_up EXIT

cannot() {
	echo "power cuts on $type are skipped: $1"
	exit 77
}

[ "$(id -u)" -eq 0 ] || cannot "they take root"
command -v "mkfs.$type" >/dev/null || cannot "there is no mkfs.$type"
truncate -s 400M "$image"
device=$(losetup --find --show "$image" 2>/dev/null) || cannot "there is no loop device"
"mkfs.$type" -q "$device" 2>/dev/null || cannot "mkfs.$type does not work"
mkdir "$dir/mount"
mount -t "$type" "$device" "$dir/mount" 2>/dev/null || cannot "it cannot be mounted"
SECONDS=0
said=$("$B/tests/fault/oracle" "$B/coolvecd" "$dir" "$cuts" "${SEED:-$((RANDOM + 1))}" "$device" "$type" \
	"$dir/mount") || exit 1
echo "power cuts on $type: $said, $SECONDS s"
