/*
 * test_meta_pg.c - connections to PostgreSQL that are lost, and commits that are uncertain.
 */

#include "pg_fixture.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOST(a_killed_backend_is_replaced_without_a_failure),
		LOST(a_transaction_whose_backend_is_killed_has_not_happened),
		LOST(without_a_server_answers_are_unavailable_at_once_or_remembered),
		LOST(what_was_changed_is_not_remembered_as_it_was),
		LOST(a_silent_server_is_given_up_once),
		LOST(a_commit_whose_answer_was_lost_is_found_to_have_happened),
		LOST(a_commit_that_was_lost_is_found_not_to_have_happened),
		LOST(a_row_that_does_not_fit_fails_the_commit),
	};

	return run_lost("meta_pg", tests, sizeof(tests) / sizeof(tests[0]));
}
