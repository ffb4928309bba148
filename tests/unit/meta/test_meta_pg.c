/*
 * test_meta_pg.c - what is PostgreSQL's alone: connections that are lost, commits that are uncertain,
 * and whose the database is.
 *
 * The database is the one that COOLVEC_TEST_DB_URI names, seen through a proxy; without one there is
 * nothing to test here.
 */

#include <libpq-fe.h>
#include <time.h>

#include "fixture.h"

#include "../../pg_proxy.h"
#include "file.h"

struct lost {
	struct fixture f;
	struct pg_proxy proxy;
	char uri[160];		/* through the proxy */
	PGconn *sql;		/* and beside it */
	atomic_uint backs;	/* how often the database has come back */
};

static void
on_back(void *arg)
{
	struct lost *l = arg;

	atomic_fetch_add(&l->backs, 1);
}

static void
sql(struct lost *l, const char *text)
{
	PGresult *res = PQexec(l->sql, text);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(l->sql));
	PQclear(res);
}

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
setup_lost(void **state)
{
	struct lost *l = calloc(1, sizeof(*l));
	struct fixture *f = &l->f;

	assert_non_null(l);
	*state = l;
	folder_make(f->folder, sizeof(f->folder));
	assert_non_null(strstr(test_uri(), "host="));
	assert_int_equal(proxy_start(&l->proxy, f->folder, strstr(test_uri(), "host=") + 5), 0);
	snprintf(l->uri, sizeof(l->uri), "postgresql://postgres@/coolvec?host=%s", f->folder);
	l->sql = PQconnectdb(test_uri());
	sql(l, "SET search_path = coolvec");
	sql(l, "SET client_min_messages = error");
	sql(l, "DROP SCHEMA IF EXISTS coolvec CASCADE");
	ok(f, meta_open(l->uri, f->folder, &f->m, &f->err));
	meta_watch(f->m, on_back, l);
	begin(f);
	ok(f, meta_user_add(f->t, "ann", "$argon2id$ann", 1000, &f->user, &f->err));
	f->c = add_collection(f, f->user, "default");
	put(f, 1, 1, "one");
	ok(f, meta_session_add(f->t, "sid", f->user, 5000, &f->err));
	commit(f);
	return 0;
}

static int
teardown_lost(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;

	meta_rollback(f->t);
	meta_close(f->m);
	PQfinish(l->sql);
	proxy_stop(&l->proxy);
	folder_remove(f->folder);
	free(l);
	return 0;
}

static void
wait_back(struct lost *l)
{
	unsigned backs = atomic_load(&l->backs);

	proxy_set(&l->proxy, PROXY_PASS);
	while (atomic_load(&l->backs) == backs)
		pause_ms(1);
}

static bool
is_item(struct fixture *f, uint64_t id)
{
	struct meta_item got;
	int rc = meta_item_by_id(f->m, f->c, id, 0, &got, &f->err);

	if (rc < 0)
		fail_msg("item %d: %s", (int)id, f->err.text);
	return rc == 0;
}

/* --- the connection is lost -------------------------------------------------------------------- */

static void
kill_backend(struct lost *l)
{
	sql(l, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	       " WHERE application_name = 'coolvecd'");
}

static void
a_killed_backend_is_replaced_without_a_failure(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	uint32_t slots[2] = { 1, 2 };
	struct meta_item items[2];

	for (uint32_t i = 0; i < 5; i++) {
		assert_true(is_item(f, 1));
		kill_backend(l);
		assert_true(is_item(f, 1));	/* prepared anew */
		kill_backend(l);
		ok(f, meta_items_by_slot(f->m, f->c, slots, 2, 0, items, &f->err));
		assert_true(items[0].id == 1);
		kill_backend(l);
		begin(f);
		put(f, 10 + i, 10 + i, "text");
		commit(f);
	}
}

static void
a_transaction_whose_backend_is_killed_has_not_happened(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_item item = item_of(3, 3, "text", NULL, NULL);
	struct meta_txn *t;

	begin(f);
	put(f, 2, 2, "gone");
	kill_backend(l);
	want(f, meta_item_put(f->t, f->c, &item, &f->err), META_EUNAVAILABLE);
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_EUNAVAILABLE);
	assert_false(is_item(f, 2));
	begin(f);
	put(f, 2, 2, "there");
	commit(f);
	assert_true(is_item(f, 2));
}

/* Down: at once, again and again.  What was read lately is there all the same. */
static void
without_a_server_answers_are_unavailable_at_once_or_remembered(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_collection c;
	struct meta_item got;
	struct meta_user u;
	uint32_t slot = 1;
	double began;

	ok(f, meta_session_user(f->m, "sid", 1, &u, &f->err));
	ok(f, meta_collection_find(f->m, f->user, "default", &c, &f->err));
	ok(f, meta_items_by_slot(f->m, f->c, &slot, 1, META_TEXT, &got, &f->err));
	meta_item_fini(&got);
	proxy_set(&l->proxy, PROXY_CUT);
	began = now();
	for (int i = 0; i < 100; i++) {
		want(f, meta_user_find(f->m, "ann", &u, NULL, &f->err), META_EUNAVAILABLE);
		want(f, meta_begin(f->m, &f->t, &f->err), META_EUNAVAILABLE);
		want(f, meta_session_user(f->m, "other", 1, &u, &f->err), META_EUNAVAILABLE);
	}
	assert_true(now() - began < 2);
	ok(f, meta_session_user(f->m, "sid", 1, &u, &f->err));
	assert_string_equal(u.name, "ann");
	ok(f, meta_collection_find(f->m, f->user, "default", &c, &f->err));
	assert_int_equal(c.number, f->c);
	ok(f, meta_items_by_slot(f->m, f->c, &slot, 1, META_TEXT, &got, &f->err));
	assert_string_equal(got.text, "one");
	meta_item_fini(&got);
	wait_back(l);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
}

static void
what_was_changed_is_not_remembered_as_it_was(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_item got;
	struct meta_user u;

	ok(f, meta_session_user(f->m, "sid", 1, &u, &f->err));
	assert_true(is_item(f, 1));
	begin(f);
	ok(f, meta_session_end(f->t, "sid", &f->err));
	ok(f, meta_item_delete(f->t, f->c, 1, &f->err));
	commit(f);
	proxy_set(&l->proxy, PROXY_CUT);
	want(f, meta_session_user(f->m, "sid", 1, &u, &f->err), META_EUNAVAILABLE);
	want(f, meta_item_by_id(f->m, f->c, 1, 0, &got, &f->err), META_EUNAVAILABLE);
}

static void
a_silent_server_is_given_up_once(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_user u;
	double began = now();

	proxy_set(&l->proxy, PROXY_FREEZE);
	want(f, meta_user_find(f->m, "ann", &u, NULL, &f->err), META_EUNAVAILABLE);
	assert_true(now() - began < 12);
	assert_non_null(strstr(f->err.text, "cannot be reached"));
	began = now();
	want(f, meta_user_find(f->m, "ann", &u, NULL, &f->err), META_EUNAVAILABLE);
	assert_true(now() - began < 1);
	wait_back(l);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
}

/* --- a commit is uncertain --------------------------------------------------------------------- */

static void
lose(struct lost *l, enum proxy_mode how, int outcome)
{
	struct fixture *f = &l->f;
	struct meta_txn *t;
	uint64_t number;

	begin(f);
	for (uint32_t i = 0; i < 600; i++) {
		struct meta_item item = item_of(100 + i, 100 + i, "text", NULL, NULL);

		ok(f, meta_item_put_soon(f->t, f->c, &item, &f->err));
	}
	number = meta_txn_number(f->t);
	proxy_set(&l->proxy, how);
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_EUNKNOWN);
	want(f, meta_begin(f->m, &f->t, &f->err), META_EUNAVAILABLE);
	want(f, meta_outcome(f->m, number, &f->err), META_EUNAVAILABLE);
	wait_back(l);
	want(f, meta_outcome(f->m, number, &f->err), outcome);
	assert_int_equal(is_item(f, 699), outcome == 0);
	assert_int_equal(is_item(f, 100), outcome == 0);
	begin(f);
	put(f, 1000, 1000, "and on");
	commit(f);
	want(f, meta_outcome(f->m, number, &f->err), outcome);
}

static void
a_commit_whose_answer_was_lost_is_found_to_have_happened(void **state)
{
	lose(*state, PROXY_LOSE_ANSWER, 0);
}

static void
a_commit_that_was_lost_is_found_not_to_have_happened(void **state)
{
	lose(*state, PROXY_LOSE_COMMIT, META_NONE);
}

/* What was to be done soon and cannot be is a failure of the whole. */
static void
a_row_that_does_not_fit_fails_the_commit(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_item a = item_of(5, 5, "a", NULL, NULL), b = item_of(6, 5, "b", NULL, NULL);
	struct meta_item got;
	struct meta_txn *t;

	begin(f);
	ok(f, meta_item_put_soon(f->t, f->c, &a, &f->err));
	ok(f, meta_item_put_soon(f->t, f->c, &b, &f->err));
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_EIO);
	assert_false(is_item(f, 5));
	begin(f);
	ok(f, meta_item_put_soon(f->t, f->c, &b, &f->err));
	ok(f, meta_item_put_soon(f->t, f->c, &a, &f->err));
	want(f, meta_txn_item_by_id(f->t, f->c, 1, 0, &got, &f->err), META_EIO);
	rollback(f);
	assert_false(is_item(f, 5));
}

/* --- whose it is ------------------------------------------------------------------------------- */

static void
a_second_daemon_is_told_that_it_is_taken(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta *second;
	char folder[64], note[96];

	folder_make(folder, sizeof(folder));
	want(f, meta_open(test_uri(), folder, &second, &f->err), META_EUNAVAILABLE);
	assert_string_equal(f->err.text, "another coolvecd is using this database");
	assert_null(second);
	begin(f);
	put(f, 2, 2, "still ours");
	commit(f);
	meta_close(f->m);
	f->m = NULL;
	ok(f, meta_open(test_uri(), folder, &f->m, &f->err));
	assert_true(is_item(f, 2));
	meta_close(f->m);
	f->m = NULL;
	snprintf(note, sizeof(note), "%s/meta.postgresql", folder);
	unlink(note);
	rmdir(folder);
}

/* Taken over while we were away: nothing of ours goes in any more, in a transaction or a new one. */
static void
who_was_taken_over_from_can_only_read(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;

	sql(l, "UPDATE state SET epoch = epoch + 1, holder = 'other'");
	want(f, meta_begin(f->m, &f->t, &f->err), META_EUNAVAILABLE);
	assert_non_null(strstr(f->err.text, "taken the database over"));
	assert_true(is_item(f, 1));
	proxy_set(&l->proxy, PROXY_CUT);
	(void)meta_begin(f->m, &f->t, NULL);
	wait_back(l);
	want(f, meta_begin(f->m, &f->t, &f->err), META_EUNAVAILABLE);
	assert_non_null(strstr(f->err.text, "taken the database over"));
	assert_true(is_item(f, 1));
}

/* Taking over waits for a transaction under way, or makes an end of it. */
static void
a_straggler_commits_before_it_is_fenced(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;

	begin(f);
	put(f, 2, 2, "in time");
	assert_int_equal(PQsendQuery(l->sql, "UPDATE state SET epoch = epoch + 1, holder = 'other'"), 1);
	pause_ms(100);
	assert_int_equal(PQconsumeInput(l->sql), 1);
	assert_true(PQisBusy(l->sql));
	commit(f);
	for (PGresult *res; (res = PQgetResult(l->sql)) != NULL; PQclear(res))
		assert_int_equal(PQresultStatus(res), PGRES_COMMAND_OK);
	want(f, meta_begin(f->m, &f->t, &f->err), META_EUNAVAILABLE);
	assert_true(is_item(f, 2));
}

/* Open the folder again after `change`; it must fail so. */
static void
want_refusal(struct lost *l, const char *change, int rc, const char *why)
{
	struct fixture *f = &l->f;

	meta_close(f->m);
	f->m = NULL;
	if (change != NULL)
		sql(l, change);
	want(f, meta_open(l->uri, f->folder, &f->m, &f->err), rc);
	assert_null(f->m);
	if (strstr(f->err.text, why) == NULL)
		fail_msg("\"%s\" has no \"%s\"", f->err.text, why);
}

static void
a_database_that_is_not_the_folders_is_refused(void **state)
{
	struct lost *l = *state;

	want_refusal(l, "UPDATE state SET epoch = epoch - 1", META_ECORRUPT, "older than the data folder");
	want_refusal(l, "UPDATE state SET epoch = epoch + 9, identity = 'other'", META_ECORRUPT,
	    "belongs to another database");
	want_refusal(l, "UPDATE state SET moved = true", META_EUNAVAILABLE, "--move-metadata");
	want_refusal(l, "INSERT INTO migrations (version) VALUES (999)", META_ECORRUPT, "schema 999");
	want_refusal(l, "DELETE FROM migrations WHERE version = 999; DELETE FROM state", META_ECORRUPT,
	    "damaged");
	want_refusal(l, "INSERT INTO state (identity) VALUES ('x'); ALTER TABLE items DROP COLUMN meta CASCADE",
	    META_ECORRUPT, "belongs to another");
	sql(l, "DROP SCHEMA coolvec CASCADE");
}

static void
a_folder_of_postgresql_is_not_opened_with_sqlite(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta *m;

	want(f, meta_open(NULL, f->folder, &m, &f->err), META_EUNAVAILABLE);
	assert_null(m);
	assert_non_null(strstr(f->err.text, "set DB_URI"));
	assert_int_equal(access(path_of(f, "meta.db"), F_OK), -1);
}

static void
a_server_that_is_not_there_is_told_without_the_password(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta *m;

	want(f, meta_open("postgresql://u:secret@/d?host=/nowhere", f->folder, &m, &f->err),
	    META_EUNAVAILABLE);
	assert_non_null(strstr(f->err.text, "/nowhere"));
	assert_null(strstr(f->err.text, "secret"));
	assert_null(strchr(f->err.text, '\n'));
}

/* --- moving ------------------------------------------------------------------------------------ */

static int
add_up(void *arg, const struct meta_item *item)
{
	uint64_t *sum = arg;

	*sum = *sum * 31 + item->id * 7 + item->slot + item->crc + item->text_len * 1000 +
	    (item->key != NULL ? strlen(item->key) : 0) + (item->meta != NULL ? strlen(item->meta) : 99);
	return 0;
}

static uint64_t
sum_of(struct fixture *f)
{
	uint64_t sum = 0;

	ok(f, meta_items_walk(f->m, f->c, 0, SIZE_MAX, META_ALL, add_up, &sum, &f->err));
	return sum;
}

static void
moving_there_and_back_keeps_everything(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_item odd = item_of(9, 9, NULL, "a key", "{\"s\":\"a\\u0000b\"}"), got;
	struct meta_collection before, after;
	uint64_t sum, dropped, collection, digest;
	struct meta_user u;
	char *answer;

	odd.text = lend("a\0b");
	odd.text_len = 3;
	fill(f, 3000);
	begin(f);
	ok(f, meta_item_put(f->t, f->c, &odd, &f->err));
	ok(f, meta_request_put(f->t, f->user, "r", f->c, UINT64_MAX, "[1]", 5, &f->err));
	dropped = add_collection(f, f->user, "dropped");
	ok(f, meta_collection_drop(f->t, dropped, &f->err));
	commit(f);
	sum = sum_of(f);
	ok(f, meta_collection_get(f->m, f->c, &before, &f->err));
	meta_close(f->m);
	f->m = NULL;

	ok(f, meta_move(l->uri, NULL, f->folder, &f->err));
	want(f, meta_open(l->uri, f->folder, &f->m, &f->err), META_EUNAVAILABLE);
	unlink(path_of(f, "meta.db.moved"));
	sql(l, "DROP SCHEMA coolvec CASCADE");
	ok(f, meta_move(NULL, l->uri, f->folder, &f->err));
	assert_int_equal(access(path_of(f, "meta.db"), F_OK), -1);
	assert_int_equal(access(path_of(f, "meta.db.moved"), F_OK), 0);

	ok(f, meta_open(l->uri, f->folder, &f->m, &f->err));
	assert_true(sum_of(f) == sum);
	ok(f, meta_collection_get(f->m, f->c, &after, &f->err));
	assert_same(&after, &before);
	ok(f, meta_session_user(f->m, "sid", 1, &u, &f->err));
	ok(f, meta_item_by_id(f->m, f->c, 9, META_ALL, &got, &f->err));
	assert_memory_equal(got.text, "a\0b", 4);
	assert_string_equal(got.meta, "{\"s\":\"a\\u0000b\"}");
	meta_item_fini(&got);
	begin(f);
	ok(f, meta_txn_request_find(f->t, f->user, "r", &collection, &digest, &answer, &f->err));
	assert_true(digest == UINT64_MAX);
	free(answer);
	assert_true(add_collection(f, f->user, "new") > dropped);
	commit(f);
}

static void
metadata_is_not_moved_over_other_metadata(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta *m;
	char folder[64], path[96];

	folder_make(folder, sizeof(folder));
	ok(f, meta_open(NULL, folder, &m, &f->err));
	meta_close(m);
	meta_close(f->m);
	f->m = NULL;
	want(f, meta_move(NULL, l->uri, folder, &f->err), META_EIO);
	assert_non_null(strstr(f->err.text, "has to be empty"));
	snprintf(path, sizeof(path), "%s/meta.postgresql", folder);
	assert_int_equal(access(path, F_OK), -1);
	ok(f, meta_open(NULL, folder, &m, &f->err));
	meta_close(m);
	folder_remove(folder);
}

int
main(void)
{
#define LOST(name_) cmocka_unit_test_setup_teardown(name_, setup_lost, teardown_lost)
	const struct CMUnitTest tests[] = {
		LOST(a_killed_backend_is_replaced_without_a_failure),
		LOST(a_transaction_whose_backend_is_killed_has_not_happened),
		LOST(without_a_server_answers_are_unavailable_at_once_or_remembered),
		LOST(what_was_changed_is_not_remembered_as_it_was),
		LOST(a_silent_server_is_given_up_once),
		LOST(a_commit_whose_answer_was_lost_is_found_to_have_happened),
		LOST(a_commit_that_was_lost_is_found_not_to_have_happened),
		LOST(a_row_that_does_not_fit_fails_the_commit),
		LOST(a_second_daemon_is_told_that_it_is_taken),
		LOST(who_was_taken_over_from_can_only_read),
		LOST(a_straggler_commits_before_it_is_fenced),
		LOST(a_database_that_is_not_the_folders_is_refused),
		LOST(a_folder_of_postgresql_is_not_opened_with_sqlite),
		LOST(a_server_that_is_not_there_is_told_without_the_password),
		LOST(moving_there_and_back_keeps_everything),
		LOST(metadata_is_not_moved_over_other_metadata),
	};

	if (test_uri() == NULL) {
		printf("1..1\nok 1 - meta_pg # skip COOLVEC_TEST_DB_URI names no database\n");
		return 0;
	}
	return cmocka_run_group_tests_name("meta_pg", tests, NULL, NULL);
}
