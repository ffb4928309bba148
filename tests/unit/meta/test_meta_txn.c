/*
 * test_meta_txn.c - opening anew, transactions and threads, on whichever backend.
 */

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "fixture.h"

static void
reopening_keeps_everything(void **state)
{
	struct fixture *f = *state;
	struct meta_collection before, after;
	struct meta_item item = item_of(4, 2, "text", "key", "{\"a\":1}"), got;
	uint64_t collection, digest;
	struct meta_user u;
	char *answer;

	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	ok(f, meta_session_add(f->t, "sid", f->user, 5000, &f->err));
	ok(f, meta_request_put(f->t, f->user, "r", f->c, 7, "[1]", 5, &f->err));
	commit(f);
	ok(f, meta_collection_get(f->m, f->c, &before, &f->err));
	reopen(f);
	assert_true(meta_schema(f->m) >= 1);
	ok(f, meta_collection_get(f->m, f->c, &after, &f->err));
	assert_same(&after, &before);
	ok(f, meta_session_user(f->m, "sid", 0, &u, &f->err));
	ok(f, meta_item_by_key(f->m, f->c, "key", META_ALL, &got, &f->err));
	assert_int_equal(got.id, 4);
	assert_string_equal(got.text, "text");
	assert_string_equal(got.meta, "{\"a\":1}");
	meta_item_fini(&got);
	begin(f);
	ok(f, meta_txn_request_find(f->t, f->user, "r", &collection, &digest, &answer, &f->err));
	assert_string_equal(answer, "[1]");
	free(answer);
}

static void
reset_leaves_an_empty_database_that_works(void **state)
{
	struct fixture *f = *state;
	struct meta_collection *list;
	struct meta_user u;
	size_t n;

	ok(f, meta_reset(f->m, &f->err));
	want(f, meta_user_find(f->m, "ann", &u, NULL, &f->err), META_NONE);
	ok(f, meta_collection_list(f->m, 0, &list, &n, &f->err));
	assert_int_equal(n, 0);
	begin(f);
	ok(f, meta_user_add(f->t, "ann", "$", 1, &f->user, &f->err));
	f->c = add_collection(f, f->user, "default");
	put(f, 0, 0, "again");
	commit(f);
	reopen(f);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
}

static void
rollback_undoes_all_of_it(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c;
	struct meta_item item;
	struct meta_user u;

	begin(f);
	ok(f, meta_user_set_prefs(f->t, f->user, "ip", NULL, &f->err));
	ok(f, meta_collection_advance(f->t, f->c, 100, 100, 100, &f->err));
	put(f, 1, 1, "gone");
	rollback(f);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
	assert_string_equal(u.metric, "cosine");
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_int_equal(c.next_id, 7);
	want(f, meta_item_by_id(f->m, f->c, 1, META_ALL, &item, &f->err), META_NONE);
	begin(f);
	commit(f);
}

/* A failure, unlike an answer, ends what a transaction can do; the next one knows nothing of it. */
static void
failure_inside_undoes_the_transaction(void **state)
{
	struct fixture *f = *state;
	struct meta_item bad = item_of(UINT64_MAX - 1, 2, NULL, NULL, NULL), got;
	uint64_t collection, digest;
	struct meta_txn *t;
	char *answer;

	begin(f);
	put(f, 1, 1, "gone");
	want(f, meta_item_put(f->t, f->c, &bad, &f->err), META_EIO);
	bad.id = 2;
	want(f, meta_item_put(f->t, f->c, &bad, &f->err), META_EIO);
	want(f, meta_txn_item_by_id(f->t, f->c, 1, 0, &got, &f->err), META_EIO);
	want(f, meta_txn_request_find(f->t, f->user, "r", &collection, &digest, &answer, &f->err),
	    META_EIO);
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_EIO);
	want(f, meta_item_by_id(f->m, f->c, 1, 0, &got, &f->err), META_NONE);
	begin(f);
	put(f, 1, 1, "there");
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, 1, 0, &got, &f->err));
}

static void
closing_and_rolling_back_nothing_is_fine(void **state)
{
	(void)state;
	meta_close(NULL);
	meta_rollback(NULL);
}

static void
err_may_be_null(void **state)
{
	struct fixture *f = *state;
	struct meta_item bad = item_of(UINT64_MAX - 1, 2, NULL, NULL, NULL);
	struct meta_txn *t;

	ok(f, meta_begin(f->m, &t, NULL));
	assert_int_equal(meta_item_put(t, f->c, &bad, NULL), META_EIO);
	assert_int_equal(meta_commit(t, NULL), META_EIO);
}

/* Waiting for oneself would be for ever: the program ends instead, and says where. */
static void
reading_beside_ones_own_transaction_ends_the_program(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	pid_t pid;
	int status;

	if ((pid = fork()) == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		alarm(10);
		if (meta_begin(f->m, &f->t, NULL) == 0)
			(void)meta_user_find(f->m, "ann", &u, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* --- threads ---------------------------------------------------------------------------------- */

enum { ROUNDS = 60, READERS = 3, PER_ROUND = 8 };

/* Readers note what they find; cmocka's asserts belong to the main thread. */
struct reader {
	struct fixture *f;
	pthread_t thread;
	int torn, failed, reads;
};

static int
count_rows(void *arg, const struct meta_item *item)
{
	(void)item;
	++*(int *)arg;
	return 0;
}

/* A round adds PER_ROUND items: whoever sees another number has seen half a transaction. */
static void *
read_along(void *arg)
{
	struct reader *r = arg;
	uint32_t slots[PER_ROUND];
	struct meta_item items[PER_ROUND];
	struct meta_user u;
	int i, n, there;

	for (i = 0; i < PER_ROUND; i++)
		slots[i] = (uint32_t)((ROUNDS - 1) * PER_ROUND + i);
	do {
		n = there = 0;
		r->failed += meta_items_walk(r->f->m, r->f->c, 0, SIZE_MAX, META_TEXT, count_rows,
		    &n, NULL) != 0;
		r->failed += meta_items_by_slot(r->f->m, r->f->c, slots, PER_ROUND, META_ALL,
		    items, NULL) != 0;
		for (i = 0; i < PER_ROUND; i++) {
			there += items[i].id != META_NO_ID;
			meta_item_fini(&items[i]);
		}
		r->failed += meta_user_find(r->f->m, "ann", &u, NULL, NULL) != 0;
		r->torn += n % PER_ROUND != 0 || (there != 0 && there != PER_ROUND);
		r->reads++;
	} while (there == 0 && r->failed == 0);
	return NULL;
}

static void
readers_see_whole_transactions(void **state)
{
	struct fixture *f = *state;
	struct reader readers[READERS];
	uint32_t id = 0;
	int i, j;

	for (i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .f = f };
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_along, &readers[i]),
		    0);
	}
	for (i = 0; i < ROUNDS; i++) {
		begin(f);
		for (j = 0; j < PER_ROUND; j++, id++)
			put(f, id, id, "text");
		if (i % 3 == 1) {
			rollback(f);	/* half-done ones are not seen either */
			id -= PER_ROUND;
			begin(f);
			for (j = 0; j < PER_ROUND; j++, id++)
				put(f, id, id, "text");
		}
		commit(f);
	}
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].torn, 0);
		assert_int_equal(readers[i].failed, 0);
		assert_true(readers[i].reads > 0);
	}
}

static void *
write_along(void *arg)
{
	struct reader *r = arg;
	struct meta_txn *t;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		r->failed += meta_begin(r->f->m, &t, NULL) != 0;
		r->failed += meta_collection_advance(t, r->f->c, 1, 1, 1, NULL) != 0;
		r->failed += meta_commit(t, NULL) != 0;
	}
	return NULL;
}

static void
writers_take_turns(void **state)
{
	struct fixture *f = *state;
	struct reader writers[READERS];
	struct meta_collection c;
	int i;

	for (i = 0; i < READERS; i++) {
		writers[i] = (struct reader){ .f = f };
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_along,
		    &writers[i]), 0);
	}
	for (i = 0; i < READERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(writers[i].failed, 0);
	}
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_int_equal(c.count, 5 + READERS * ROUNDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reopening_keeps_everything),
		TEST(reset_leaves_an_empty_database_that_works),
		TEST(rollback_undoes_all_of_it),
		TEST(failure_inside_undoes_the_transaction),
		TEST(closing_and_rolling_back_nothing_is_fine),
		TEST(err_may_be_null),
		TEST(reading_beside_ones_own_transaction_ends_the_program),
		TEST(readers_see_whole_transactions),
		TEST(writers_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
