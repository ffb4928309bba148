/*
 * test_meta_builds.c - a further generation is given slots while items come, change and go.
 */

#include <sys/stat.h>

#include "fixture.h"
#include "meta_sqlite.h"

#define ITEMS 100

struct seen {
	uint32_t slot[ITEMS], from[ITEMS], crc[ITEMS];
	size_t n;
};

static int
see(void *arg, uint32_t slot, uint32_t from, uint32_t crc)
{
	struct seen *s = arg;

	assert_true(s->n < ITEMS);
	s->slot[s->n] = slot;
	s->from[s->n] = from;
	s->crc[s->n++] = crc;
	return 0;
}

static struct meta_build
build_of(const struct fixture *f)
{
	struct meta_build b = { .collection = f->c, .generation = 4, .embeds = true, .metric = "l2",
		.dim = 64, .provider = "other", .model = "m", .version = "2",
		.identity = UINT64_MAX - 9, .started = 77 };

	return b;
}

static struct meta_build
begin_build(struct fixture *f)
{
	struct meta_build b = build_of(f);

	begin(f);
	ok(f, meta_build_add(f->t, &b, &f->err));
	commit(f);
	return b;
}

/* In a transaction of its own: the items in slots from..to get the slots from `at` on. */
static void
give(struct fixture *f, const struct meta_build *b, uint32_t from, uint32_t to, uint32_t at)
{
	begin(f);
	for (; from <= to; from++)
		ok(f, meta_build_put(f->t, b, from, at++, 1000 + from, &f->err));
	commit(f);
}

static void
build_is_kept_and_there_is_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct meta_build b, got;

	want(f, meta_build_get(f->m, f->c, &got, &f->err), META_NONE);
	b = begin_build(f);
	reopen(f);
	ok(f, meta_build_get(f->m, f->c, &got, &f->err));
	assert_true(got.collection == b.collection && got.generation == 4 && got.embeds);
	assert_true(got.dim == 64 && got.identity == b.identity && got.started == 77);
	assert_string_equal(got.metric, "l2");
	assert_string_equal(got.provider, "other");
	assert_string_equal(got.model, "m");
	assert_string_equal(got.version, "2");
	begin(f);
	want(f, meta_build_add(f->t, &b, &f->err), META_EXISTS);
	b.collection = 99;
	want(f, meta_build_add(f->t, &b, &f->err), META_NONE);
	want(f, meta_build_cancel(f->t, 99, &f->err), META_NONE);
	ok(f, meta_build_cancel(f->t, f->c, &f->err));
	commit(f);
	want(f, meta_build_get(f->m, f->c, &got, &f->err), META_NONE);
}

static void
slots_of_a_build_are_not_the_collections(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;
	struct meta_build b;
	uint32_t slot = 1;
	uint64_t live[1];

	fill(f, 10);
	b = begin_build(f);
	give(f, &b, 2, 9, 0);
	ok(f, meta_item_by_id(f->m, f->c, 5, 0, &got, &f->err));
	assert_true(got.slot == 5 && got.crc == UINT32_MAX - 5);
	ok(f, meta_items_by_slot(f->m, f->c, &slot, 1, 0, &got, &f->err));
	assert_int_equal(got.id, 1);
	ok(f, meta_items_live(f->m, f->c, 64, live, &f->err));
	assert_int_equal(live[0], 0x3ff);
}

static void
switch_gives_every_item_its_new_slot(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c, was;
	struct meta_item got;
	struct meta_build b;
	uint64_t live[1];

	fill(f, 10);
	begin(f);
	ok(f, meta_item_delete(f->t, f->c, 0, &f->err));
	ok(f, meta_item_delete(f->t, f->c, 1, &f->err));
	commit(f);
	ok(f, meta_collection_get(f->m, f->c, &was, &f->err));
	b = begin_build(f);
	give(f, &b, 2, 9, 0);
	begin(f);
	ok(f, meta_build_switch(f->t, &b, 8, &f->err));
	commit(f);
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_true(c.generation == 4 && c.next_slot == 8 && c.dim == 64);
	assert_true(c.identity == b.identity && c.count == was.count && c.next_id == was.next_id);
	assert_string_equal(c.metric, "l2");
	assert_string_equal(c.provider, "other");
	ok(f, meta_item_by_id(f->m, f->c, 5, META_TEXT, &got, &f->err));
	assert_true(got.slot == 3 && got.crc == 1005 && got.text != NULL);
	meta_item_fini(&got);
	ok(f, meta_items_live(f->m, f->c, 64, live, &f->err));
	assert_int_equal(live[0], 0xff);
	want(f, meta_build_get(f->m, f->c, &b, &f->err), META_NONE);
	begin(f);
	want(f, meta_build_switch(f->t, &b, 8, &f->err), META_NONE);
	commit(f);
}

/* What is deleted or gets another vector loses its slot; what gets another meta keeps it. */
static void
changes_take_a_slot_back(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(3, 3, "new meta", NULL, "{}");
	struct seen s = { .n = 0 };
	struct meta_build b;

	fill(f, 6);
	b = begin_build(f);
	give(f, &b, 0, 5, 0);
	begin(f);
	ok(f, meta_item_delete(f->t, f->c, 1, &f->err));
	put(f, 4, 6, "another vector");
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	ok(f, meta_item_set_meta(f->t, f->c, 2, "{}", &f->err));
	want(f, meta_build_put(f->t, &b, 1, 6, 0, &f->err), META_NONE);
	want(f, meta_build_put(f->t, &b, 4, 6, 0, &f->err), META_NONE);
	ok(f, meta_build_put(f->t, &b, 6, 6, 7, &f->err));
	commit(f);
	ok(f, meta_build_walk(f->m, &b, 0, SIZE_MAX, see, &s, &f->err));
	assert_int_equal(s.n, 5);
	for (size_t i = 0; i < 5; i++) {
		static const uint32_t slots[] = { 0, 2, 3, 5, 6 };

		assert_int_equal(s.slot[i], slots[i]);
		assert_int_equal(s.from[i], slots[i]);
		assert_int_equal(s.crc[i], slots[i] == 6 ? 7 : 1000 + slots[i]);
	}
	s.n = 0;
	ok(f, meta_build_walk(f->m, &b, 3, 2, see, &s, &f->err));
	assert_true(s.n == 2 && s.slot[0] == 3 && s.slot[1] == 5);
}

static void
many_are_given_at_once_and_those_that_are_gone_are_told(void **state)
{
	enum { N = 600 };
	struct fixture *f = *state;
	struct meta_build_slot slots[N];
	struct meta_item got;
	struct meta_build b;

	fill(f, N);
	b = begin_build(f);
	begin(f);
	ok(f, meta_item_delete(f->t, f->c, 0, &f->err));
	ok(f, meta_item_delete(f->t, f->c, 300, &f->err));
	for (uint32_t i = 0; i < N; i++)
		slots[i] = (struct meta_build_slot){ .from = i, .slot = 2 * i, .crc = i };
	ok(f, meta_build_put_all(f->t, &b, slots, N, &f->err));
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(slots[i].gone, i == 0 || i == 300);
	ok(f, meta_build_switch(f->t, &b, 2 * N, &f->err));
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, N - 1, 0, &got, &f->err));
	assert_true(got.slot == 2 * (N - 1) && got.crc == N - 1);
	begin(f);
	slots[0] = (struct meta_build_slot){ .from = 2, .slot = 4, .crc = 1 };
	want(f, meta_build_put_all(f->t, &b, slots, 1, &f->err), META_EIO);	/* the slot is taken */
	rollback(f);
	ok(f, meta_item_by_id(f->m, f->c, N - 1, 0, &got, &f->err));
	assert_int_equal(got.slot, 2 * (N - 1));
}

static int
note_slot(void *arg, const struct meta_item *item)
{
	struct seen *s = arg;

	return see(s, item->slot, (uint32_t)item->id, 0);
}

static void
items_are_walked_in_the_order_of_slots(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .n = 0 };

	fill(f, 5);
	begin(f);
	put(f, 2, 70, "moved");
	commit(f);
	ok(f, meta_items_walk_slots(f->m, f->c, 1, 3, META_TEXT, note_slot, &s, &f->err));
	assert_true(s.n == 3 && s.from[0] == 1 && s.from[1] == 3 && s.from[2] == 4);
	s.n = 0;
	ok(f, meta_items_walk_slots(f->m, f->c, 5, 3, 0, note_slot, &s, &f->err));
	assert_true(s.n == 1 && s.slot[0] == 70 && s.from[0] == 2);
}

static int
sweep(struct fixture *f, uint64_t generation)
{
	int rc, pieces = 0;

	do {
		begin(f);
		rc = meta_slots_sweep(f->t, f->c, generation, 10, &f->err);
		commit(f);
		pieces++;
	} while (rc == 1);
	ok(f, rc);
	return pieces;
}

static void
sweep_leaves_the_collections_own(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .n = 0 };
	struct meta_item got;
	struct meta_build b;

	fill(f, 35);
	b = begin_build(f);
	give(f, &b, 0, 34, 0);
	assert_int_equal(sweep(f, 3), 1);		/* refused */
	begin(f);
	ok(f, meta_build_cancel(f->t, f->c, &f->err));
	commit(f);
	assert_int_equal(sweep(f, 4), 5);
	ok(f, meta_build_walk(f->m, &b, 0, SIZE_MAX, see, &s, &f->err));
	assert_int_equal(s.n, 0);
	ok(f, meta_item_by_id(f->m, f->c, 34, 0, &got, &f->err));
	assert_int_equal(got.slot, 34);
}

static void
drop_takes_builds_and_slots_along(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .n = 0 };
	struct meta_build b, got;

	fill(f, 5);
	b = begin_build(f);
	give(f, &b, 0, 4, 0);
	begin(f);
	ok(f, meta_collection_drop(f->t, f->c, &f->err));
	commit(f);
	want(f, meta_build_get(f->m, f->c, &got, &f->err), META_NONE);
	ok(f, meta_build_walk(f->m, &b, 0, SIZE_MAX, see, &s, &f->err));
	assert_int_equal(s.n, 0);
}

/* --- SQLite's alone ---------------------------------------------------------------------------- */

static int64_t
number(struct fixture *f, const char *sql)
{
	int64_t n = -1;

	ok(f, sqlite_number(f->m->db, sql, &n, &f->err));
	return n;
}

static void
trim(struct fixture *f)
{
	int rc;

	while ((rc = meta_trim(f->m, &f->err)) == 1)
		;
	ok(f, rc);
}

/* Rounds of adding and deleting: the file is never much more than what is in it. */
static void
trimmed_file_is_as_small_as_what_is_in_it(void **state)
{
	struct fixture *f = *state;
	const uint32_t n = 20000;
	struct stat st;

	for (int round = 0; round < 3; round++) {
		fill(f, n);
		begin(f);
		for (uint32_t i = 0; i < n; i++)
			ok(f, meta_item_delete(f->t, f->c, i, &f->err));
		commit(f);
		assert_true(number(f, "PRAGMA freelist_count") > 500);
		trim(f);
		assert_true(number(f, "PRAGMA freelist_count") <= 64);
		assert_int_equal(stat(path_of(f, "meta.db"), &st), 0);
		assert_true(st.st_size < 128 * 4096);
		assert_int_equal(stat(path_of(f, "meta.db-wal"), &st), 0);
		assert_int_equal(st.st_size, 0);
	}
	fill(f, 10);
	reopen(f);
	trim(f);
	assert_int_equal(number(f, "SELECT count(*) FROM items"), 10);
}

/* What schema 1 had: slots and checksums in the items, and no way to shrink. */
static const char schema_1[] =
    "ALTER TABLE items ADD COLUMN slot INTEGER NOT NULL DEFAULT 0 CHECK (slot >= 0);"
    "ALTER TABLE items ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;"
    "UPDATE items SET (slot, crc) = (SELECT slot, crc FROM slots"
    "	WHERE slots.collection = items.collection AND slots.id = items.id);"
    "ALTER TABLE collections DROP COLUMN codes;"
    "CREATE UNIQUE INDEX items_slot ON items (collection, slot);"
    "DROP TABLE slots; DROP TABLE builds; PRAGMA user_version = 1;"
    "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM";

static void
schema_1_becomes_the_present_one(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(7, 70, "text", "key", "{\"n\":1}"), got;
	sqlite3 *db;

	fill(f, 5);
	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	commit(f);
	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(sqlite3_open(path_of(f, "meta.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, schema_1, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	assert_int_equal(meta_schema(f->m), 3);
	assert_int_equal(number(f, "PRAGMA auto_vacuum"), 2);
	ok(f, meta_item_by_key(f->m, f->c, "key", META_ALL, &got, &f->err));
	assert_true(got.id == 7 && got.slot == 70 && got.crc == UINT32_MAX - 70);
	assert_string_equal(got.text, "text");
	assert_string_equal(got.meta, "{\"n\":1}");
	meta_item_fini(&got);
	assert_int_equal(number(f, "SELECT count(*) FROM slots"), 6);
	begin(f);
	put(f, 8, 71, "and goes on");
	commit(f);
}

/* What schema 2 had: collections that said nothing of codes. */
static void
schema_2_becomes_the_present_one(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c;
	sqlite3 *db;

	fill(f, 5);
	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(sqlite3_open(path_of(f, "meta.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, "ALTER TABLE collections DROP COLUMN codes; PRAGMA user_version = 2", NULL, NULL,
	    NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	assert_int_equal(meta_schema(f->m), 3);
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_string_equal(c.codes, "fast");
	assert_true(c.dim == 512 && c.count == 5 && c.created == 1234567);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(build_is_kept_and_there_is_one_at_a_time),
		TEST(slots_of_a_build_are_not_the_collections),
		TEST(switch_gives_every_item_its_new_slot),
		TEST(changes_take_a_slot_back),
		TEST(many_are_given_at_once_and_those_that_are_gone_are_told),
		TEST(items_are_walked_in_the_order_of_slots),
		TEST(sweep_leaves_the_collections_own),
		TEST(drop_takes_builds_and_slots_along),
		TEST(trimmed_file_is_as_small_as_what_is_in_it),
		TEST(schema_1_becomes_the_present_one),
		TEST(schema_2_becomes_the_present_one),
	};

	const size_t n = sizeof(tests) / sizeof(tests[0]), of_sqlite = 3;

	return _cmocka_run_group_tests("meta_builds", tests, test_uri() != NULL ? n - of_sqlite : n, NULL,
	    NULL);
}
