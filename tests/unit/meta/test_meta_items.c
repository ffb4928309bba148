/*
 * test_meta_items.c - the rows behind the vectors, on whichever backend.
 */

#include "fixture.h"

static void
item_comes_back_whole_by_id_and_by_key(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(3, 9, "a text", "k", "{\"n\":1}"), got;

	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, 3, META_ALL, &got, &f->err));
	assert_true(got.id == 3 && got.slot == 9 && got.crc == UINT32_MAX - 9);
	assert_string_equal(got.text, "a text");
	assert_int_equal(got.text_len, 6);
	assert_string_equal(got.key, "k");
	assert_string_equal(got.meta, "{\"n\":1}");
	meta_item_fini(&got);
	assert_null(got.text);
	ok(f, meta_item_by_key(f->m, f->c, "k", META_KEY, &got, &f->err));
	assert_int_equal(got.id, 3);
	meta_item_fini(&got);
}

static void
item_missing_is_none_and_needs_no_freeing(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;

	memset(&got, 0xaa, sizeof(got));
	want(f, meta_item_by_id(f->m, f->c, 0, META_ALL, &got, &f->err), META_NONE);
	assert_true(got.id == META_NO_ID && got.text == NULL && got.key == NULL);
	want(f, meta_item_by_id(f->m, f->c, META_NO_ID, META_ALL, &got, &f->err), META_NONE);
	want(f, meta_item_by_key(f->m, f->c, "k", META_ALL, &got, &f->err), META_NONE);
	want(f, meta_item_by_id(f->m, 9999, 0, META_ALL, &got, &f->err), META_NONE);
	begin(f);
	want(f, meta_txn_item_by_id(f->t, f->c, 0, META_ALL, &got, &f->err), META_NONE);
	want(f, meta_txn_item_by_key(f->t, f->c, "k", META_ALL, &got, &f->err), META_NONE);
}

static void
only_the_fields_that_were_asked_for_are_read(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, "t", "k", "{}"), got;
	unsigned fields;

	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	commit(f);
	for (fields = 0; fields <= META_ALL; fields++) {
		ok(f, meta_item_by_id(f->m, f->c, 0, fields, &got, &f->err));
		assert_int_equal(got.text != NULL, (fields & META_TEXT) != 0);
		assert_int_equal(got.text_len, (fields & META_TEXT) != 0);
		assert_int_equal(got.key != NULL, (fields & META_KEY) != 0);
		assert_int_equal(got.meta != NULL, (fields & META_META) != 0);
		meta_item_fini(&got);
	}
}

/* Nothing given is not the same as something empty. */
static void
no_text_and_an_empty_text_differ(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;

	begin(f);
	put(f, 0, 0, NULL);
	put(f, 1, 1, "");
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, 0, META_ALL, &got, &f->err));
	assert_null(got.text);
	assert_null(got.key);
	assert_null(got.meta);
	ok(f, meta_item_by_id(f->m, f->c, 1, META_ALL, &got, &f->err));
	assert_non_null(got.text);
	assert_int_equal(got.text_len, 0);
	assert_string_equal(got.text, "");
	meta_item_fini(&got);
}

static void
texts_are_bytes(void **state)
{
	static const char bytes[] = "a\0b\0\xff\xfe'; DROP TABLE items; --\0";
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, bytes, "'; --", "{\"'\":\"\\u0000\"}"), got;

	item.text_len = sizeof(bytes);
	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	ok(f, meta_txn_item_by_key(f->t, f->c, "'; --", META_ALL, &got, &f->err));
	commit(f);
	assert_int_equal(got.text_len, sizeof(bytes));
	assert_memory_equal(got.text, bytes, sizeof(bytes));
	assert_int_equal(got.text[got.text_len], '\0');
	assert_string_equal(got.meta, "{\"'\":\"\\u0000\"}");
	meta_item_fini(&got);
}

static void
a_long_text_comes_back(void **state)
{
	enum { LONG = 3 << 20 };
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, NULL, "k", NULL), got;
	char *text = malloc(LONG);
	size_t i;

	assert_non_null(text);
	for (i = 0; i < LONG; i++)
		text[i] = (char)(i * 2654435761u >> 13);
	item.text = text;
	item.text_len = LONG;
	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	commit(f);
	reopen(f);
	ok(f, meta_item_by_key(f->m, f->c, "k", META_TEXT, &got, &f->err));
	assert_int_equal(got.text_len, LONG);
	assert_memory_equal(got.text, text, LONG);
	meta_item_fini(&got);
	free(text);
}

static void
put_replaces_the_item_with_that_id(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, "one", "k", "{}"), got;

	begin(f);
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	item = item_of(0, 0, "two", "k", NULL);		/* its own slot and key */
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	ok(f, meta_txn_item_by_key(f->t, f->c, "k", META_ALL, &got, &f->err));
	assert_string_equal(got.text, "two");
	assert_null(got.meta);
	meta_item_fini(&got);
	item = item_of(0, 5, NULL, "l", NULL);		/* another slot and key, no text */
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	want(f, meta_txn_item_by_key(f->t, f->c, "k", META_ALL, &got, &f->err), META_NONE);
	ok(f, meta_txn_item_by_key(f->t, f->c, "l", META_ALL, &got, &f->err));
	assert_true(got.id == 0 && got.slot == 5 && got.text == NULL);
	meta_item_fini(&got);
	put(f, 1, 0, "in the place that came free");
	commit(f);
}

/* An answer, not a failure: nothing changed, and the transaction goes on. */
static void
put_with_anothers_slot_or_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct meta_item a = item_of(0, 0, "a", "ka", NULL), b = item_of(1, 1, "b", "kb", NULL);
	struct meta_item clash, got;

	begin(f);
	ok(f, meta_item_put(f->t, f->c, &a, &f->err));
	ok(f, meta_item_put(f->t, f->c, &b, &f->err));
	clash = item_of(2, 0, "c", NULL, NULL);
	want(f, meta_item_put(f->t, f->c, &clash, &f->err), META_EXISTS);
	clash = item_of(2, 2, "c", "kb", NULL);
	want(f, meta_item_put(f->t, f->c, &clash, &f->err), META_EXISTS);
	clash = item_of(1, 0, "c", "kb", NULL);
	want(f, meta_item_put(f->t, f->c, &clash, &f->err), META_EXISTS);
	clash = item_of(1, 1, "c", "ka", NULL);
	want(f, meta_item_put(f->t, f->c, &clash, &f->err), META_EXISTS);
	clash = item_of(2, 2, "c", NULL, NULL);
	want(f, meta_item_put(f->t, 9999, &clash, &f->err), META_NONE);
	ok(f, meta_item_put(f->t, f->c, &clash, &f->err));
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, 1, META_ALL, &got, &f->err));
	assert_int_equal(got.slot, 1);
	assert_string_equal(got.text, "b");
	assert_string_equal(got.key, "kb");
	meta_item_fini(&got);
	ok(f, meta_item_by_id(f->m, f->c, 2, 0, &got, &f->err));
}

static void
collections_keep_their_items_apart(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, "mine", "k", NULL), got;
	uint64_t other;

	begin(f);
	other = add_collection(f, f->user, "other");
	ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	item.text = lend("also");
	ok(f, meta_item_put(f->t, other, &item, &f->err));
	ok(f, meta_item_delete(f->t, f->c, 0, &f->err));
	commit(f);
	want(f, meta_item_by_key(f->m, f->c, "k", META_TEXT, &got, &f->err), META_NONE);
	ok(f, meta_item_by_key(f->m, other, "k", META_TEXT, &got, &f->err));
	assert_string_equal(got.text, "also");
	meta_item_fini(&got);
}

static void
delete_removes_once(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;

	begin(f);
	put(f, 0, 0, "x");
	ok(f, meta_item_delete(f->t, f->c, 0, &f->err));
	want(f, meta_item_delete(f->t, f->c, 0, &f->err), META_NONE);
	want(f, meta_item_delete(f->t, 9999, 0, &f->err), META_NONE);
	commit(f);
	want(f, meta_item_by_id(f->m, f->c, 0, 0, &got, &f->err), META_NONE);
}

static void
ids_and_slots_reach_their_limits(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;
	const uint64_t id = INT64_MAX;
	const uint32_t slot = UINT32_MAX - 1;

	begin(f);
	put(f, id, slot, "last");
	commit(f);
	ok(f, meta_item_by_id(f->m, f->c, id, META_TEXT, &got, &f->err));
	assert_true(got.id == id && got.slot == slot);
	meta_item_fini(&got);
	ok(f, meta_items_by_slot(f->m, f->c, &slot, 1, 0, &got, &f->err));
	assert_true(got.id == id);
}

static void
by_slot_fills_each_place(void **state)
{
	static const uint32_t slots[] = { 5, 3, 4, 5, UINT32_MAX };
	struct fixture *f = *state;
	struct meta_item got[5];
	int i;

	begin(f);
	put(f, 100, 5, "five");
	put(f, 101, 3, "three");
	commit(f);
	memset(got, 0xaa, sizeof(got));
	ok(f, meta_items_by_slot(f->m, f->c, slots, 5, META_TEXT, got, &f->err));
	assert_true(got[0].id == 100 && got[1].id == 101 && got[2].id == META_NO_ID);
	assert_true(got[3].id == 100 && got[4].id == META_NO_ID);
	assert_string_equal(got[1].text, "three");
	assert_string_equal(got[3].text, "five");
	for (i = 0; i < 5; i++)
		meta_item_fini(&got[i]);
	ok(f, meta_items_by_slot(f->m, f->c, NULL, 0, META_TEXT, NULL, &f->err));
}

/* What a walk met, and where it is to stop. */
struct walk {
	uint64_t ids[16];
	size_t n, stop_at;
};

static int
note(void *arg, const struct meta_item *item)
{
	struct walk *w = arg;

	assert_true(w->n < 16);
	assert_string_equal(item->text, "x");
	w->ids[w->n++] = item->id;
	return w->n == w->stop_at ? -77 : 0;
}

static void
walk_goes_by_id_from_a_place_up_to_a_limit(void **state)
{
	static const uint64_t ids[] = { 40, 10, 50, 20, 30 };
	struct fixture *f = *state;
	struct walk w = { .n = 0 };
	uint32_t i;

	begin(f);
	for (i = 0; i < 5; i++)
		put(f, ids[i], 9 - i, "x");
	commit(f);
	ok(f, meta_items_walk(f->m, f->c, 0, SIZE_MAX, META_TEXT, note, &w, &f->err));
	assert_int_equal(w.n, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(w.ids[i], (i + 1) * 10);

	w.n = 0;
	ok(f, meta_items_walk(f->m, f->c, 20, 2, META_TEXT, note, &w, &f->err));
	assert_true(w.n == 2 && w.ids[0] == 20 && w.ids[1] == 30);
	w.n = 0;
	ok(f, meta_items_walk(f->m, f->c, 51, 2, META_TEXT, note, &w, &f->err));
	ok(f, meta_items_walk(f->m, f->c, META_NO_ID, 2, META_TEXT, note, &w, &f->err));
	ok(f, meta_items_walk(f->m, f->c, 0, 0, META_TEXT, note, &w, &f->err));
	ok(f, meta_items_walk(f->m, 9999, 0, 9, META_TEXT, note, &w, &f->err));
	assert_int_equal(w.n, 0);
}

static void
walk_stops_when_told(void **state)
{
	struct fixture *f = *state;
	struct walk w = { .stop_at = 2 };
	struct meta_item got;

	begin(f);
	put(f, 1, 1, "x");
	put(f, 2, 2, "x");
	put(f, 3, 3, "x");
	commit(f);
	want(f, meta_items_walk(f->m, f->c, 0, SIZE_MAX, META_TEXT, note, &w, &f->err), -77);
	assert_int_equal(w.n, 2);
	ok(f, meta_item_by_id(f->m, f->c, 3, 0, &got, &f->err));
	begin(f);
	commit(f);	/* the stopped walk holds nothing */
}

static void
live_has_a_bit_for_each_slot_in_use(void **state)
{
	static const uint32_t slots[] = { 0, 63, 64, 127, 128, 199, 200 };
	struct fixture *f = *state;
	uint64_t live[5];
	size_t i;

	begin(f);
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		put(f, i, slots[i], NULL);
	ok(f, meta_item_delete(f->t, f->c, 4, &f->err));
	commit(f);
	memset(live, 0xaa, sizeof(live));
	ok(f, meta_items_live(f->m, f->c, 200, live, &f->err));
	assert_true(live[0] == (1 | UINT64_C(1) << 63));
	assert_true(live[1] == (1 | UINT64_C(1) << 63));
	assert_true(live[2] == 0);
	assert_true(live[3] == 1 << 7);
	assert_true(live[4] == UINT64_C(0xaaaaaaaaaaaaaaaa));	/* past 200 slots */
	ok(f, meta_items_live(f->m, f->c, 0, NULL, &f->err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(item_comes_back_whole_by_id_and_by_key),
		TEST(item_missing_is_none_and_needs_no_freeing),
		TEST(only_the_fields_that_were_asked_for_are_read),
		TEST(no_text_and_an_empty_text_differ),
		TEST(texts_are_bytes),
		TEST(a_long_text_comes_back),
		TEST(put_replaces_the_item_with_that_id),
		TEST(put_with_anothers_slot_or_key_is_refused),
		TEST(collections_keep_their_items_apart),
		TEST(delete_removes_once),
		TEST(ids_and_slots_reach_their_limits),
		TEST(by_slot_fills_each_place),
		TEST(walk_goes_by_id_from_a_place_up_to_a_limit),
		TEST(walk_stops_when_told),
		TEST(live_has_a_bit_for_each_slot_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
