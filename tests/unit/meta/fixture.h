/*
 * fixture.h - a folder with a fresh database for each test.
 *
 * The backend is SQLite, or the one that COOLVEC_TEST_DB_URI names, which is emptied first.
 */

#ifndef TEST_META_FIXTURE_H
#define TEST_META_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "meta.h"

struct fixture {
	char folder[64];
	struct meta *m;
	struct meta_txn *t;	/* between begin() and commit() */
	uint64_t user;		/* "ann" */
	uint64_t c;		/* her collection "default" */
	struct err err;
};

/* Fails the test with the sentence unless `rc` is what it should be. */
#define want(f_, rc_, expected_)                                                                   \
	do {                                                                                       \
		int want_rc = (rc_);                                                               \
		if (want_rc != (expected_))                                                        \
			fail_msg("%s: %d, not %d: %s", #rc_, want_rc, (expected_),             \
			    (f_)->err.text);                                                   \
	} while (0)

#define ok(f_, rc_) want(f_, rc_, 0)

static inline const char *
test_uri(void)
{
	return getenv("COOLVEC_TEST_DB_URI");
}

static inline void
folder_make(char *folder, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, size, "%s/coolvec-meta-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
}

/* A file of the folder; good until the next call. */
static inline const char *
path_of(const struct fixture *f, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	return path;
}

static inline void
folder_remove(const char *folder)
{
	static const char *const names[] = {
		"meta.db", "meta.db-wal", "meta.db-shm", "meta.db-journal", "meta.db.moved", "meta.postgresql"
	};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static inline void
begin(struct fixture *f)
{
	ok(f, meta_begin(f->m, &f->t, &f->err));
}

static inline void
commit(struct fixture *f)
{
	struct meta_txn *t = f->t;

	f->t = NULL;
	ok(f, meta_commit(t, &f->err));
}

static inline void
rollback(struct fixture *f)
{
	struct meta_txn *t = f->t;

	f->t = NULL;
	meta_rollback(t);
}

/* A collection with a value of its own in every member, those of 64 bits in the upper half. */
static inline struct meta_collection
sample(uint64_t user, const char *name)
{
	struct meta_collection c = {
		.user = user, .dim = 512, .M = 16, .ef_construction = 200,
		.metric = "cosine", .codes = "small",
		.provider = "local", .model = "ngram", .version = "1-u15.0",
		.seed = UINT64_MAX - 4, .identity = UINT64_C(0xfedcba9876543210),
		.generation = 3, .next_id = 7, .next_slot = UINT32_MAX - 1, .count = 5,
		.created = 1234567,
	};

	snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

static inline uint64_t
add_collection(struct fixture *f, uint64_t user, const char *name)
{
	struct meta_collection c = sample(user, name);

	ok(f, meta_collection_add(f->t, &c, &f->err));
	return c.number;
}

/* An item owns its strings, so has them writable; one that is only put may borrow them. */
static inline char *
lend(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* An item that borrows its strings: not for meta_item_fini. */
static inline struct meta_item
item_of(uint64_t id, uint32_t slot, const char *text, const char *key, const char *meta)
{
	return (struct meta_item){ .id = id, .slot = slot, .crc = UINT32_MAX - slot,
		.text = lend(text), .text_len = text ? strlen(text) : 0, .key = lend(key),
		.meta = lend(meta) };
}

/* In a transaction that is under way: put an item with a text only. */
static inline void
put(struct fixture *f, uint64_t id, uint32_t slot, const char *text)
{
	struct meta_item item = item_of(id, slot, text, NULL, NULL);

	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
}

/* In a transaction of its own: `n` items of 200 bytes or so, from id and slot 0. */
static inline void
fill(struct fixture *f, uint32_t n)
{
	char text[200];
	uint32_t i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(f);
	for (i = 0; i < n; i++)
		put(f, i, i, text);
	commit(f);
}

static inline void
reopen(struct fixture *f)
{
	meta_close(f->m);
	f->m = NULL;
	ok(f, meta_open(test_uri(), f->folder, &f->m, &f->err));
}

static inline void
assert_same(const struct meta_collection *a, const struct meta_collection *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->user, b->user);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->metric, b->metric);
	assert_int_equal(a->dim, b->dim);
	assert_string_equal(a->codes, b->codes);
	assert_int_equal(a->M, b->M);
	assert_int_equal(a->ef_construction, b->ef_construction);
	assert_true(a->seed == b->seed && a->identity == b->identity);
	assert_string_equal(a->provider, b->provider);
	assert_string_equal(a->model, b->model);
	assert_string_equal(a->version, b->version);
	assert_true(a->generation == b->generation && a->next_id == b->next_id);
	assert_int_equal(a->next_slot, b->next_slot);
	assert_true(a->count == b->count && a->created == b->created);
}

/* An empty database with the user "ann" and her collection "default". */
static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	folder_make(f->folder, sizeof(f->folder));
	ok(f, meta_open(test_uri(), f->folder, &f->m, &f->err));
	ok(f, meta_reset(f->m, &f->err));
	begin(f);
	ok(f, meta_user_add(f->t, "ann", "$argon2id$ann", 1000, &f->user, &f->err));
	f->c = add_collection(f, f->user, "default");
	commit(f);
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	meta_rollback(f->t);
	meta_close(f->m);
	folder_remove(f->folder);
	free(f);
	return 0;
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

#endif
