#!/bin/bash
# tour.sh - run the commands of a console block and print the block with what they really print.
#
# usage: tour.sh MARK <README.md	the block between <!-- MARK --> and <!-- end of MARK -->
#
# A line `$ command` is run by this bash, in the working directory, so that variables live on; what
# follows it up to the next is its output, which is printed anew.
set -u
mark=$1
sed -n "/^<!-- $mark -->/,/^<!-- end of $mark -->/p" |
	while IFS= read -r line; do
		case $line in
		'$ '*)
			printf '%s\n' "$line"
			eval "${line#'$ '}" 2>&1 </dev/null
			;;
		'```'* | '<!--'*) printf '%s\n' "$line" ;;
		esac
	done
