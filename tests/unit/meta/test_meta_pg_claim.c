/*
 * test_meta_pg_claim.c - whose a database in PostgreSQL is, and moving it there and back.
 */

#include "pg_fixture.h"

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
a_database_of_an_older_schema_becomes_the_present_one(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;
	struct meta_collection c;
	int schema = meta_schema(f->m);

	meta_close(f->m);
	f->m = NULL;
	sql(l, "ALTER TABLE collections DROP COLUMN codes");
	sql(l, "DELETE FROM migrations WHERE version = 2");
	ok(f, meta_open(l->uri, f->folder, &f->m, &f->err));
	assert_int_equal(meta_schema(f->m), schema);
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_string_equal(c.codes, "fast");
	assert_int_equal(c.created, 1234567);
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
	const struct CMUnitTest tests[] = {
		LOST(a_second_daemon_is_told_that_it_is_taken),
		LOST(who_was_taken_over_from_can_only_read),
		LOST(a_straggler_commits_before_it_is_fenced),
		LOST(a_database_that_is_not_the_folders_is_refused),
		LOST(a_database_of_an_older_schema_becomes_the_present_one),
		LOST(a_folder_of_postgresql_is_not_opened_with_sqlite),
		LOST(a_server_that_is_not_there_is_told_without_the_password),
		LOST(moving_there_and_back_keeps_everything),
		LOST(metadata_is_not_moved_over_other_metadata),
	};

	return run_lost("meta_pg_claim", tests, sizeof(tests) / sizeof(tests[0]));
}
