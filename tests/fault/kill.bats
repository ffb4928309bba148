# kill.bats - killed at any moment, the daemon keeps every word it gave.

load ../cli/wire

@test "thirty times killed at work: what was acknowledged is there, once, and what was deleted is not" {
	local seed=$((RANDOM + 1))
	place
	mkdir "$dir/oracle"
	run "$build/tests/fault/oracle" "$build/coolvecd" "$dir/oracle" 30 "$seed"
	echo "seed $seed: $output"
	[ "$status" -eq 0 ]
	[[ $output =~ ^30\ rounds:\ ([0-9]+)\ requests\ acknowledged,\ ([0-9]+)\ repeated ]]
	[ "${BASH_REMATCH[1]}" -gt 300 ]	# it was at work
	[ "${BASH_REMATCH[2]}" -gt 30 ]		# when it was killed
	[[ $output =~ generation\ ([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -gt 10 ]	# while generations came and went
}
