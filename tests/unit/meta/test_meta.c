/*
 * test_meta.c - users, sessions, collections and requests, on whichever backend.
 */

#include "fixture.h"

/* --- users and sessions ----------------------------------------------------------------------- */

static void
user_is_found_by_name_with_its_defaults(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	char *password;

	ok(f, meta_user_find(f->m, "ann", &u, &password, &f->err));
	assert_int_equal(u.id, f->user);
	assert_string_equal(u.name, "ann");
	assert_string_equal(u.metric, "cosine");
	assert_string_equal(u.collection, "default");
	assert_int_equal(u.created, 1000);
	assert_string_equal(password, "$argon2id$ann");
	free(password);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
}

static void
user_unknown_is_none(void **state)
{
	struct fixture *f = *state;
	char stale[] = "stale", *password = stale;
	struct meta_user u;

	want(f, meta_user_find(f->m, "Ann", &u, &password, &f->err), META_NONE);
	assert_null(password);
	want(f, meta_user_find(f->m, "", &u, NULL, &f->err), META_NONE);
}

static void
user_name_is_taken_once(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	uint64_t id = 0;
	char *password;

	begin(f);
	want(f, meta_user_add(f->t, "ann", "other", 2000, &id, &f->err), META_EXISTS);
	ok(f, meta_user_add(f->t, "bob", "$b", 2000, &id, &f->err));
	commit(f);
	assert_true(id != 0 && id != f->user);
	ok(f, meta_user_find(f->m, "ann", &u, &password, &f->err));
	assert_string_equal(password, "$argon2id$ann");
	free(password);
}

static void
user_password_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	char *password;

	begin(f);
	ok(f, meta_user_set_password(f->t, f->user, "$new", &f->err));
	want(f, meta_user_set_password(f->t, f->user + 99, "$new", &f->err), META_NONE);
	commit(f);
	ok(f, meta_user_find(f->m, "ann", &u, &password, &f->err));
	assert_string_equal(password, "$new");
	free(password);
}

static void
user_prefs_change_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;

	begin(f);
	ok(f, meta_user_set_prefs(f->t, f->user, "l2", NULL, &f->err));
	ok(f, meta_user_set_prefs(f->t, f->user, NULL, "notes", &f->err));
	want(f, meta_user_set_prefs(f->t, f->user + 99, "ip", NULL, &f->err), META_NONE);
	commit(f);
	ok(f, meta_user_find(f->m, "ann", &u, NULL, &f->err));
	assert_string_equal(u.metric, "l2");
	assert_string_equal(u.collection, "notes");
}

static void
names_at_their_limits_come_back_and_longer_ones_are_refused(void **state)
{
	struct fixture *f = *state;
	char name[META_USERNAME_MAX + 2];
	struct meta_user u;
	uint64_t id;

	memset(name, 'x', sizeof(name));
	name[META_USERNAME_MAX] = '\0';
	begin(f);
	ok(f, meta_user_add(f->t, name, "$x", 1, &id, &f->err));
	commit(f);
	ok(f, meta_user_find(f->m, name, &u, NULL, &f->err));
	assert_string_equal(u.name, name);

	name[META_USERNAME_MAX] = 'x';
	name[META_USERNAME_MAX + 1] = '\0';
	begin(f);
	want(f, meta_user_add(f->t, name, "$x", 1, &id, &f->err), META_EIO);
	assert_true(strlen(f->err.text) > 0);
}

/* Names that are SQL, or nothing that anybody would call a name, are names like any other. */
static void
names_are_never_sql(void **state)
{
	static const char *const names[] = { "'; DROP TABLE users; --", "a' OR '1'='1", "%", "_",
		"$1", "\"", "\\", "ann\n", " ann", "\xc3\xa4\xe2\x82\xac", "NULL", "" };
	const size_t n = sizeof(names) / sizeof(names[0]);
	struct fixture *f = *state;
	struct meta_collection c;
	struct meta_user u;
	uint64_t id[sizeof(names) / sizeof(names[0])], number[sizeof(names) / sizeof(names[0])];
	size_t i;

	begin(f);
	for (i = 0; i < n; i++) {
		ok(f, meta_user_add(f->t, names[i], names[i], 1, &id[i], &f->err));
		number[i] = add_collection(f, f->user, names[i]);
	}
	commit(f);
	for (i = 0; i < n; i++) {
		ok(f, meta_user_find(f->m, names[i], &u, NULL, &f->err));
		assert_int_equal(u.id, id[i]);
		assert_string_equal(u.name, names[i]);
		ok(f, meta_collection_find(f->m, f->user, names[i], &c, &f->err));
		assert_int_equal(c.number, number[i]);
	}
}

static void
session_gives_its_user_until_it_is_over(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;

	begin(f);
	ok(f, meta_session_add(f->t, "sid-1", f->user, 5000, &f->err));
	want(f, meta_session_add(f->t, "sid-1", f->user, 9000, &f->err), META_EXISTS);
	want(f, meta_session_add(f->t, "sid-2", f->user + 99, 5000, &f->err), META_NONE);
	commit(f);
	ok(f, meta_session_user(f->m, "sid-1", 4999, &u, &f->err));
	assert_int_equal(u.id, f->user);
	assert_string_equal(u.name, "ann");
	want(f, meta_session_user(f->m, "sid-1", 5000, &u, &f->err), META_NONE);
	want(f, meta_session_user(f->m, "sid-2", 1, &u, &f->err), META_NONE);
}

static void
session_ends_alone_with_its_users_or_with_time(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	uint64_t bob;

	begin(f);
	ok(f, meta_user_add(f->t, "bob", "$b", 1, &bob, &f->err));
	ok(f, meta_session_add(f->t, "a1", f->user, 100, &f->err));
	ok(f, meta_session_add(f->t, "a2", f->user, 200, &f->err));
	ok(f, meta_session_add(f->t, "a3", f->user, 300, &f->err));
	ok(f, meta_session_add(f->t, "b1", bob, 300, &f->err));
	ok(f, meta_session_end(f->t, "a3", &f->err));
	want(f, meta_session_end(f->t, "a3", &f->err), META_NONE);
	ok(f, meta_session_expire(f->t, 100, &f->err));
	commit(f);
	want(f, meta_session_user(f->m, "a3", 0, &u, &f->err), META_NONE);
	want(f, meta_session_user(f->m, "a1", 0, &u, &f->err), META_NONE);
	ok(f, meta_session_user(f->m, "a2", 0, &u, &f->err));

	begin(f);
	ok(f, meta_session_end_user(f->t, f->user, &f->err));
	ok(f, meta_session_end_user(f->t, f->user, &f->err));
	commit(f);
	want(f, meta_session_user(f->m, "a2", 0, &u, &f->err), META_NONE);
	ok(f, meta_session_user(f->m, "b1", 0, &u, &f->err));
}

/* --- collections ------------------------------------------------------------------------------ */

static void
collection_comes_back_whole_by_name_and_by_number(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c = sample(f->user, "notes"), got;

	begin(f);
	ok(f, meta_collection_add(f->t, &c, &f->err));
	commit(f);
	ok(f, meta_collection_find(f->m, f->user, "notes", &got, &f->err));
	assert_same(&got, &c);
	memset(&got, 0xaa, sizeof(got));
	ok(f, meta_collection_get(f->m, c.number, &got, &f->err));
	assert_same(&got, &c);
}

static void
collection_name_is_taken_once_per_user(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c, got;
	uint64_t bob;

	begin(f);
	ok(f, meta_user_add(f->t, "bob", "$b", 1, &bob, &f->err));
	c = sample(f->user, "default");
	want(f, meta_collection_add(f->t, &c, &f->err), META_EXISTS);
	c.user = bob;
	ok(f, meta_collection_add(f->t, &c, &f->err));
	c.user = bob + 99;
	want(f, meta_collection_add(f->t, &c, &f->err), META_NONE);
	commit(f);
	ok(f, meta_collection_find(f->m, bob, "default", &got, &f->err));
	assert_true(got.number != f->c);
	want(f, meta_collection_find(f->m, bob, "Default", &got, &f->err), META_NONE);
	want(f, meta_collection_find(f->m, bob + 99, "default", &got, &f->err), META_NONE);
	want(f, meta_collection_get(f->m, 9999, &got, &f->err), META_NONE);
}

static void
collection_list_is_by_name_or_everybodys_by_number(void **state)
{
	static const char *const sorted[] = { "B", "a", "b", "default", "e", "f", "z" };
	const size_t n = sizeof(sorted) / sizeof(sorted[0]);
	struct fixture *f = *state;
	struct meta_collection *list;
	uint64_t bob;
	size_t i, got;

	begin(f);
	ok(f, meta_user_add(f->t, "bob", "$b", 1, &bob, &f->err));
	add_collection(f, bob, "bobs");
	for (i = n; i-- > 0;)
		if (strcmp(sorted[i], "default") != 0)
			add_collection(f, f->user, sorted[i]);
	commit(f);

	ok(f, meta_collection_list(f->m, f->user, &list, &got, &f->err));
	assert_int_equal(got, n);
	for (i = 0; i < n; i++)
		assert_string_equal(list[i].name, sorted[i]);
	free(list);
	ok(f, meta_collection_list(f->m, 0, &list, &got, &f->err));
	assert_int_equal(got, n + 1);
	for (i = 1; i < got; i++)
		assert_true(list[i - 1].number < list[i].number);
	free(list);
	ok(f, meta_collection_list(f->m, bob + 99, &list, &got, &f->err));
	assert_int_equal(got, 0);
	assert_null(list);
}

static void
collection_drop_takes_its_items_and_requests_and_no_others(void **state)
{
	struct fixture *f = *state;
	uint64_t other, collection, digest;
	struct meta_collection c;
	struct meta_item item = item_of(1, 1, NULL, NULL, NULL);
	char *answer;

	begin(f);
	other = add_collection(f, f->user, "other");
	put(f, 1, 1, NULL);
	ok(f, meta_item_put(f->t, other, &item, &f->err));
	ok(f, meta_request_put(f->t, f->user, "r1", f->c, 1, "{}", 1, &f->err));
	ok(f, meta_request_put(f->t, f->user, "r2", other, 1, "{}", 1, &f->err));
	ok(f, meta_collection_drop(f->t, f->c, &f->err));
	want(f, meta_collection_drop(f->t, f->c, &f->err), META_NONE);
	want(f, meta_txn_request_find(f->t, f->user, "r1", &collection, &digest, &answer, &f->err),
	    META_NONE);
	assert_null(answer);
	ok(f, meta_txn_request_find(f->t, f->user, "r2", &collection, &digest, &answer, &f->err));
	free(answer);
	commit(f);
	want(f, meta_collection_get(f->m, f->c, &c, &f->err), META_NONE);
	want(f, meta_item_by_id(f->m, f->c, 1, 0, &item, &f->err), META_NONE);
	ok(f, meta_item_by_id(f->m, other, 1, 0, &item, &f->err));
}

static void
collection_numbers_are_never_given_twice(void **state)
{
	struct fixture *f = *state;
	uint64_t first, second;

	begin(f);
	first = add_collection(f, f->user, "x");
	ok(f, meta_collection_drop(f->t, first, &f->err));
	commit(f);
	reopen(f);
	begin(f);
	second = add_collection(f, f->user, "x");
	commit(f);
	assert_true(second > first);
}

static void
collection_advance_sets_counters_and_adds_to_the_count(void **state)
{
	struct fixture *f = *state;
	struct meta_collection c;

	begin(f);
	ok(f, meta_collection_advance(f->t, f->c, UINT64_C(1) << 40, 4000000000u, 10, &f->err));
	ok(f, meta_collection_advance(f->t, f->c, UINT64_C(1) << 41, 4000000001u, -12, &f->err));
	want(f, meta_collection_advance(f->t, 9999, 1, 1, 1, &f->err), META_NONE);
	commit(f);
	ok(f, meta_collection_get(f->m, f->c, &c, &f->err));
	assert_true(c.next_id == UINT64_C(1) << 41 && c.next_slot == 4000000001u);
	assert_int_equal(c.count, 3);	/* 5 + 10 - 12 */
	begin(f);
	want(f, meta_collection_advance(f->t, f->c, 1, 1, -4, &f->err), META_EIO);
}

/* --- requests --------------------------------------------------------------------------------- */

static void
request_is_remembered_once_per_user(void **state)
{
	struct fixture *f = *state;
	uint64_t bob, collection, digest;
	char *answer;

	begin(f);
	ok(f, meta_user_add(f->t, "bob", "$b", 1, &bob, &f->err));
	ok(f, meta_request_put(f->t, f->user, "r", f->c, UINT64_MAX, "{\"id\":1}", 5, &f->err));
	want(f, meta_request_put(f->t, f->user, "r", f->c, 2, "no", 6, &f->err), META_EXISTS);
	ok(f, meta_request_put(f->t, bob, "r", f->c, 3, "", 5, &f->err));
	want(f, meta_request_put(f->t, bob, "q", 9999, 3, "", 5, &f->err), META_NONE);
	want(f, meta_request_put(f->t, bob + 9, "q", f->c, 3, "", 5, &f->err), META_NONE);
	commit(f);
	begin(f);
	ok(f, meta_txn_request_find(f->t, f->user, "r", &collection, &digest, &answer, &f->err));
	assert_true(collection == f->c && digest == UINT64_MAX);
	assert_string_equal(answer, "{\"id\":1}");
	free(answer);
	ok(f, meta_txn_request_find(f->t, bob, "r", &collection, &digest, &answer, &f->err));
	assert_string_equal(answer, "");
	free(answer);
	want(f, meta_txn_request_find(f->t, bob, "q", &collection, &digest, &answer, &f->err),
	    META_NONE);
	assert_null(answer);
}

static void
requests_are_forgotten_by_age(void **state)
{
	struct fixture *f = *state;
	uint64_t collection, digest;
	char *answer;

	begin(f);
	ok(f, meta_request_put(f->t, f->user, "old", f->c, 1, "{}", 99, &f->err));
	ok(f, meta_request_put(f->t, f->user, "new", f->c, 1, "{}", 100, &f->err));
	ok(f, meta_request_expire(f->t, 100, &f->err));
	want(f, meta_txn_request_find(f->t, f->user, "old", &collection, &digest, &answer, &f->err),
	    META_NONE);
	ok(f, meta_txn_request_find(f->t, f->user, "new", &collection, &digest, &answer, &f->err));
	free(answer);
	commit(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(user_is_found_by_name_with_its_defaults),
		TEST(user_unknown_is_none),
		TEST(user_name_is_taken_once),
		TEST(user_password_is_replaced),
		TEST(user_prefs_change_one_at_a_time),
		TEST(names_at_their_limits_come_back_and_longer_ones_are_refused),
		TEST(names_are_never_sql),
		TEST(session_gives_its_user_until_it_is_over),
		TEST(session_ends_alone_with_its_users_or_with_time),
		TEST(collection_comes_back_whole_by_name_and_by_number),
		TEST(collection_name_is_taken_once_per_user),
		TEST(collection_list_is_by_name_or_everybodys_by_number),
		TEST(collection_drop_takes_its_items_and_requests_and_no_others),
		TEST(collection_numbers_are_never_given_twice),
		TEST(collection_advance_sets_counters_and_adds_to_the_count),
		TEST(request_is_remembered_once_per_user),
		TEST(requests_are_forgotten_by_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
