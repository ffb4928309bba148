# database.bash - the same tests with the metadata in PostgreSQL.
#
# shellcheck shell=bash disable=SC2154

# Where tests/run.sh has started a server, TESTS_ON_POSTGRESQL being its folder, whoever gets a folder
# of his own for a daemon gets an empty database there as well.
on_test_database() {
	[ -n "${TESTS_ON_POSTGRESQL:-}" ] || return 0
	"$root/tests/postgres.sh" psql "$TESTS_ON_POSTGRESQL" -c "SET client_min_messages = error" \
		-c "DROP SCHEMA IF EXISTS coolvec CASCADE"
	export DB_URI="postgresql://postgres@/coolvec?host=$TESTS_ON_POSTGRESQL"
}
