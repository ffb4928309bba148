/*
 * test_meta_fault.c - a disk that fails, and what is there afterwards.
 *
 * The same work is done again and again with a disk whose 1st, 2nd, ... write or sync fails, until
 * one run is through without a failure.  Then the database is opened anew on a good disk, and what
 * was answered is held against what is there: answered, it is there; refused, it is not; unknown,
 * it is there whole or not at all.
 */

#include "fixture.h"
#include "fault_vfs.h"

enum { ROUNDS = 5, PER_ROUND = 3, TEXT = 2000 };

/* What one run was told. */
struct told {
	bool made;		/* the user and the collection were acknowledged */
	uint64_t c;
	int result[ROUNDS];	/* of each round's commit, or of what failed before it */
};

static char text[TEXT + 1];

static int
make_collection(struct meta *m, uint64_t *number)
{
	struct meta_collection c;
	struct meta_txn *t;
	uint64_t user;
	int rc;

	if ((rc = meta_begin(m, &t, NULL)) != 0)
		return rc;
	if ((rc = meta_user_add(t, "ann", "$", 1, &user, NULL)) == 0) {
		c = sample(user, "default");
		rc = meta_collection_add(t, &c, NULL);
	}
	if (rc == 0) {
		*number = c.number;
		return meta_commit(t, NULL);
	}
	meta_rollback(t);
	return rc;
}

/* One round: PER_ROUND items and the counters. */
static int
add_round(struct meta *m, uint64_t c, int round)
{
	struct meta_item item;
	struct meta_txn *t;
	uint64_t id;
	int i, rc;

	if ((rc = meta_begin(m, &t, NULL)) != 0)
		return rc;
	for (i = 0; i < PER_ROUND; i++) {
		id = (uint64_t)(round * PER_ROUND + i);
		item = item_of(id, (uint32_t)id, text, NULL, NULL);
		(void)meta_item_put(t, c, &item, NULL);	/* the commit must tell */
	}
	(void)meta_collection_advance(t, c, id + 1, (uint32_t)id + 1, PER_ROUND, NULL);
	return meta_commit(t, NULL);
}

static void
work(const char *folder, struct told *told)
{
	struct meta *m = NULL;
	struct meta_user u;
	int i, rc;

	for (i = 0; i < ROUNDS; i++)
		told->result[i] = META_EIO;
	if ((rc = meta_open(NULL, folder, &m, NULL)) != 0) {
		assert_true(rc < 0);
		return;
	}
	if (make_collection(m, &told->c) == 0) {
		told->made = true;
		for (i = 0; i < ROUNDS; i++) {
			told->result[i] = add_round(m, told->c, i);
			assert_true(told->result[i] <= 0);
			if (i > 0 && told->result[i - 1] == META_EUNKNOWN)
				assert_int_equal(told->result[i], META_EUNAVAILABLE);
			/* Whatever became of the writing, reading goes on. */
			assert_int_equal(meta_user_find(m, "ann", &u, NULL, NULL), 0);
		}
	}
	meta_close(m);
}

static void
check_round(struct fixture *f, const struct told *told, int round)
{
	struct meta_item got[PER_ROUND];
	uint32_t slots[PER_ROUND];
	int i, there = 0;

	for (i = 0; i < PER_ROUND; i++)
		slots[i] = (uint32_t)(round * PER_ROUND + i);
	ok(f, meta_items_by_slot(f->m, told->c, slots, PER_ROUND, META_TEXT, got, &f->err));
	for (i = 0; i < PER_ROUND; i++) {
		if (got[i].id == META_NO_ID)
			continue;
		there++;
		assert_string_equal(got[i].text, text);
		meta_item_fini(&got[i]);
	}
	if (told->result[round] == 0)
		assert_int_equal(there, PER_ROUND);
	else if (told->result[round] == META_EUNKNOWN)
		assert_true(there == 0 || there == PER_ROUND);
	else
		assert_int_equal(there, 0);
}

/* What is there, on a good disk; and that it can be written to again. */
static void
check(struct fixture *f, const struct told *told)
{
	struct meta_collection c;
	int i;

	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	if (told->made) {
		for (i = 0; i < ROUNDS; i++)
			check_round(f, told, i);
		ok(f, meta_collection_get(f->m, told->c, &c, &f->err));
		assert_true((c.count - 5) % PER_ROUND == 0);
		ok(f, add_round(f->m, told->c, ROUNDS));
	}
	meta_close(f->m);
	f->m = NULL;
}

/* How often each outcome was met, so that a test can tell that it tested something. */
static int met[16];

static void
run_every_n(enum fault_kind kind, bool stays)
{
	struct fixture f = { .m = NULL };
	struct told told;
	long fired = 1, n;
	int i;

	memset(met, 0, sizeof(met));
	for (n = 1; fired > 0; n++) {
		folder_make(f.folder, sizeof(f.folder));
		told = (struct told){ .made = false };
		fault_arm(kind, n, stays);
		work(f.folder, &told);
		fired = fault.fired;
		fault_arm(kind, 0, false);
		for (i = 0; i < ROUNDS; i++)
			met[-told.result[i]]++;
		check(&f, &told);
		folder_remove(f.folder);
	}
	assert_true(n > 10);		/* the work has many places to fail at */
	assert_int_equal(told.result[ROUNDS - 1], 0);
}

static void
a_failed_write_loses_nothing_that_was_acknowledged(void **state)
{
	(void)state;
	run_every_n(FAULT_WRITE, false);
	assert_true(met[-META_EUNKNOWN] > 0 && met[-META_EUNAVAILABLE] > 0);
	run_every_n(FAULT_WRITE, true);
	assert_true(met[-META_EUNKNOWN] > 0 && met[-META_EUNAVAILABLE] > 0);
}

static void
a_torn_write_loses_nothing_that_was_acknowledged(void **state)
{
	(void)state;
	run_every_n(FAULT_TORN, false);
	assert_true(met[-META_EUNKNOWN] > 0);
	run_every_n(FAULT_TORN, true);
	assert_true(met[-META_EUNKNOWN] > 0);
}

static void
a_failed_sync_makes_the_commit_unknown(void **state)
{
	(void)state;
	run_every_n(FAULT_SYNC, false);
	assert_true(met[-META_EUNKNOWN] > 0 && met[-META_EUNAVAILABLE] > 0);
	run_every_n(FAULT_SYNC, true);
	assert_true(met[-META_EUNKNOWN] > 0 && met[-META_EUNAVAILABLE] > 0);
}

static void
a_full_disk_is_told_and_writing_goes_on(void **state)
{
	(void)state;
	run_every_n(FAULT_FULL, false);
	assert_true(met[-META_ENOSPC] > 0);
	assert_int_equal(met[-META_EUNKNOWN], 0);
	assert_int_equal(met[-META_EUNAVAILABLE], 0);
	run_every_n(FAULT_FULL, true);
	assert_true(met[-META_ENOSPC] > 0);
	assert_int_equal(met[-META_EUNAVAILABLE], 0);
}

/* A reset is one transaction: the old database or the new one. */
static void
a_reset_that_fails_leaves_the_old_or_the_new(void **state)
{
	struct fixture f = { .m = NULL };
	struct meta_user u;
	enum fault_kind kind;
	uint64_t c;
	int rc, found, outcomes = 0;
	long n;

	(void)state;
	for (kind = FAULT_WRITE; kind < FAULT_KINDS; kind++) {
		for (n = 1, rc = -1; rc != 0; n++) {
			folder_make(f.folder, sizeof(f.folder));
			ok(&f, meta_open(NULL, f.folder, &f.m, &f.err));
			ok(&f, make_collection(f.m, &c));
			fault_arm(kind, n, false);
			rc = meta_reset(f.m, &f.err);
			fault_arm(kind, 0, false);
			reopen(&f);
			found = meta_user_find(f.m, "ann", &u, NULL, &f.err);
			if (rc == META_EUNKNOWN)
				assert_true(found == 0 || found == META_NONE);
			else
				assert_int_equal(found, rc == 0 ? META_NONE : 0);
			outcomes |= 1 << -rc;
			meta_close(f.m);
			folder_remove(f.folder);
		}
	}
	assert_int_equal(outcomes, 1 | 1 << -META_EUNKNOWN | 1 << -META_ENOSPC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_write_loses_nothing_that_was_acknowledged),
		cmocka_unit_test(a_torn_write_loses_nothing_that_was_acknowledged),
		cmocka_unit_test(a_failed_sync_makes_the_commit_unknown),
		cmocka_unit_test(a_full_disk_is_told_and_writing_goes_on),
		cmocka_unit_test(a_reset_that_fails_leaves_the_old_or_the_new),
	};

	fault_install();
	memset(text, 't', TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
