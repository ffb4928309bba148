# kill.bats - killed at any moment, the daemon keeps every word it gave.

load ../cli/wire

@test "a hundred times killed at work: what was acknowledged is there, once, and what was deleted is not" {
	local seed=$((RANDOM + 1))
	place
	mkdir "$dir/oracle"
	run "$build/tests/fault/oracle" "$build/coolvecd" "$dir/oracle" 100 "$seed"
	echo "seed $seed: $output"
	[ "$status" -eq 0 ]
	[[ $output =~ ^100\ rounds:\ ([0-9]+)\ requests\ acknowledged,\ ([0-9]+)\ repeated ]]
	[ "${BASH_REMATCH[1]}" -gt 1000 ]	# it was at work
	[ "${BASH_REMATCH[2]}" -gt 100 ]		# when it was killed
	[[ $output =~ generation\ ([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -gt 10 ]	# while generations came and went
}
