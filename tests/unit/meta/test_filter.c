/*
 * test_filter.c - what filters let through, what is no filter, and where it says so.
 */

#include "fixture.h"

/* Parse, or fail the test. */
static struct filter *
parse(const char *text)
{
	struct filter *f = NULL;
	struct err err;

	if (filter_parse(text, strlen(text), &f, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return f;
}

/* --- truth ------------------------------------------------------------------------------------- */

static const char *const metas[] = {
	"{\"lang\":\"en\",\"year\":2020,\"draft\":true,\"author\":{\"name\":\"Ann\"}}",	/* 0 */
	"{\"lang\":\"de\",\"year\":1999.5,\"draft\":false,\"title\":\"A_b%c*[d]?\"}",	/* 1 */
	"{\"lang\":null,\"year\":\"2020\",\"title\":\"\\u00e4rger\",\"author\":\"Ann\"}", /* 2 */
	"{\"lang\":[\"en\"],\"year\":true,\"a b\":1,\"x.y\":2,\"back\\\\slash\":3,\"in\":4}", /* 3 */
	"{\"lang\":\"EN\",\"year\":-0.1,\"author\":{\"name\":null,\"in\":{\"x\":1e300}}}", /* 4 */
	"{\"lang\":\"say \\\"hi\\\"\\n\",\"year\":9223372036854775807,\"title\":\"\"}",	/* 5 */
	NULL,										/* 6 */
};

#define NMETAS (sizeof(metas) / sizeof(metas[0]))

/* One digit for each of the above: does it pass? */
static const struct { const char *where, *passes; } truths[] = {
	{ "lang = \"en\"", "1000000" },
	{ "lang = 'en' ", "1000000" },
	{ "lang != \"en\"", "0111110" },
	{ "not lang = \"en\"", "0111111" },
	{ "not lang != \"en\"", "1000001" },
	{ "not not lang = 'en'", "1000000" },
	{ "lang = null", "0010000" },
	{ "lang != null", "1101110" },
	{ "lang < 'en'", "0100100" },
	{ "lang >= 'en'", "1000010" },
	{ "lang = 'say \\\"hi\\\"\\n'", "0000010" },
	{ "lang = \"say \\u0022hi\\u0022\\u000a\"", "0000010" },
	{ "year = 2020", "1000000" },
	{ "year = 2020.0", "1000000" },
	{ "year = 2.02e3", "1000000" },
	{ "year = \"2020\"", "0010000" },
	{ "year = true", "0001000" },
	{ "year = 1", "0000000" },
	{ "year", "0001000" },
	{ "year >= 2020", "1000010" },
	{ "year < 2020", "0100100" },
	{ "year <= 1999.5", "0100100" },
	{ "year > -0.1", "1100010" },
	{ "year = -0.1", "0000100" },
	{ "year = 9223372036854775807", "0000010" },
	{ "year > 9223372036854775806", "0000010" },
	{ "year < 9223372036854775808", "1100110" },
	{ "draft", "1000000" },
	{ "not draft", "0111111" },
	{ "draft = false", "0100000" },
	{ "draft != true", "0100000" },
	{ "exists(lang)", "1111110" },
	{ "not exists(lang)", "0000001" },
	{ "exists ( author . name )", "1000100" },
	{ "author.name = 'Ann'", "1000000" },
	{ "author.name = null", "0000100" },
	{ "author = 'Ann'", "0010000" },
	{ "author.in.x > 1e299", "0000100" },
	{ "author.name.first = 1", "0000000" },
	{ "lang in ('en', \"de\")", "1100000" },
	{ "lang in ('en', null)", "1010000" },
	{ "year in (2020, '2020', true, -0.1)", "1011100" },
	{ "not lang in ('en')", "0111111" },
	{ "title like 'A%'", "0100000" },
	{ "title like 'a%'", "0000000" },
	{ "title like '%'", "0110010" },
	{ "title like ''", "0000010" },
	{ "title like '_rger'", "0010000" },
	{ "title like 'A\\\\_b\\\\%c*[d]?'", "0100000" },
	{ "title like 'A\\\\%%'", "0000000" },
	{ "title like '%*[d]%'", "0100000" },
	{ "title like '%*[e]%'", "0000000" },
	{ "not title like '%'", "1001101" },
	{ "title = '\\u00e4rger'", "0010000" },
	{ "title = '\xc3\xa4rger'", "0010000" },
	{ "`a b` = 1", "0001000" },
	{ "`x.y` = 2", "0001000" },
	{ "x.y = 2", "0000000" },
	{ "`back\\slash` = 3", "0001000" },
	{ "`in` = 4", "0001000" },
	{ "`\xf0\x9f\x90\x88` = 1", "0000000" },
	{ "lang = 'en' or lang = 'de' and year > 2000", "1000000" },
	{ "(lang = 'en' or lang = 'de') and year < 2000", "0100000" },
	{ "not (lang = 'en' or lang = 'de')", "0011111" },
	{ "not (lang = 'en' and draft)", "0111111" },
	{ "not (not draft and exists(title))", "1001101" },
	{ "lang='en'and(year=2020)or`a b`=1", "1001000" },
	{ "LANG = 'en'", "0000000" },
	{ "lang IN ('en') AND NOT Exists(title) OR draft = TRUE", "1000000" },
	{ "lang = 'x\\' or 1=1 --'", "0000000" },
	{ "`x') or 1=1 --` = 1", "0000000" },
};

/* Items 0 to NMETAS - 1 with the metas above; slots are 10 more. */
static void
put_metas(struct fixture *f)
{
	begin(f);
	for (uint32_t i = 0; i < NMETAS; i++) {
		struct meta_item item = item_of(i, 10 + i, "text", NULL, metas[i]);

		ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	}
	commit(f);
}

static int
note(void *arg, uint64_t id, uint32_t slot)
{
	char *passes = arg;

	assert_true(id < NMETAS && slot == id + 10);
	passes[id] = '1';
	return 0;
}

static void
filters_let_through_what_they_say(void **state)
{
	struct fixture *f = *state;

	put_metas(f);
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		struct filter *where = parse(truths[i].where);
		char passes[NMETAS + 1] = "0000000", inside[NMETAS + 1] = "0000000";

		ok(f, meta_items_match(f->m, f->c, where, META_BY_ID, 0, note, passes, &f->err));
		begin(f);
		ok(f, meta_txn_items_match(f->t, f->c, where, 0, note, inside, &f->err));
		rollback(f);
		if (strcmp(passes, truths[i].passes) != 0)
			fail_msg("%s: %s, not %s", truths[i].where, passes, truths[i].passes);
		assert_string_equal(inside, passes);
		filter_free(where);
	}
}

/* --- refusals ---------------------------------------------------------------------------------- */

static const struct { const char *where, *why; } refusals[] = {
	{ "", "character 1: a name is missing" },
	{ "   ", "character 4: a name is missing" },
	{ "lang =", "character 7: a string, a number, true, false or null is missing" },
	{ "lang == 'en'", "character 7: a string, a number, true, false or null is missing before =" },
	{ "lang = en", "character 8: a string, a number, true, false or null is missing before en" },
	{ "\xc3\xa4 = \xc3\xb6", "character 5: a string, a number, true, false or null is missing before"
	  " \xc3\xb6" },
	{ "lang = 'en", "character 8: the string that begins here does not end" },
	{ "lang = 'en\\'", "character 8: the string that begins here does not end" },
	{ "lang = 'a\\x'", "character 10: a backslash goes before one of \\ \" ' / b f n r t u" },
	{ "lang = '\\u12'", "character 9: \\u takes four hex digits of a character, not of NUL" },
	{ "lang = '\\u0000'", "character 9: \\u takes four hex digits of a character, not of NUL" },
	{ "lang = '\\ud83d'", "character 9: \\u takes four hex digits of a character, not of NUL" },
	{ "lang = '\\ud83d\\u0041'", "character 9: \\u takes four hex digits of a character, not of NUL" },
	{ "lang 'en'", "character 6: and, or, or the end is missing before 'en'" },
	{ "lang = 'en' year = 1", "character 13: and, or, or the end is missing before year" },
	{ "(lang", "character 6: ) is missing" },
	{ "lang)", "character 5: and, or, or the end is missing before )" },
	{ "()", "character 2: a name is missing before )" },
	{ "lang in 'en'", "character 9: ( is missing before 'en'" },
	{ "lang in ()", "character 10: a string, a number, true, false or null is missing before )" },
	{ "lang in ('en',)", "character 15: a string, a number, true, false or null is missing before )" },
	{ "lang like 3", "character 11: a string is missing before 3" },
	{ "lang not in ('en')", "character 6: and, or, or the end is missing before not" },
	{ "exists author", "character 8: ( is missing before author" },
	{ "author exists", "character 8: and, or, or the end is missing before exists" },
	{ "a.", "character 3: a name is missing" },
	{ "a.1", "character 3: a name is missing before 1" },
	{ "1 = a", "character 1: a name is missing before 1" },
	{ "true", "character 1: a name is missing before true" },
	{ "a < true", "character 3: true, false and null are in no order" },
	{ "a = 1e999", "character 5: the number is too large" },
	{ "a = 12b", "character 5: this is no number; a name that begins so goes between backticks" },
	{ "a = 1.", "character 5: this is no number; a name that begins so goes between backticks" },
	{ "a = -", "character 5: - begins no number" },
	{ "a; drop table items", "character 2: \";\" means nothing here" },
	{ "a ! b", "character 3: \"!\" means nothing here" },
	{ "a && b", "character 3: \"&\" means nothing here" },
	{ "``", "character 1: the name is empty" },
	{ "`a", "character 1: the name that begins here does not end" },
	{ "`a\"b`", "character 3: a name has no double quotes and no control characters" },
	{ "`a\tb`", "character 3: a name has no double quotes and no control characters" },
	{ "and", "character 1: a name is missing before and" },
	{ "a and", "character 6: a name is missing" },
	{ "not", "character 4: a name is missing" },
};

static void
what_is_no_filter_is_refused_by_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct filter *f = (struct filter *)(void *)state;
		char want_text[256];
		struct err err;

		snprintf(want_text, sizeof(want_text), "where: at %s", refusals[i].why);
		assert_int_equal(filter_parse(refusals[i].where, strlen(refusals[i].where), &f, &err),
		    FILTER_BAD);
		assert_null(f);
		if (strcmp(err.text, want_text) != 0)
			fail_msg("%s: %s, not %s", refusals[i].where, err.text, want_text);
	}
}

static void
nul_in_a_filter_is_refused(void **state)
{
	struct filter *f;
	struct err err;

	(void)state;
	assert_int_equal(filter_parse("a\0 = 1", 6, &f, &err), FILTER_BAD);
	assert_null(f);
}

/* --- bounds ------------------------------------------------------------------------------------ */

/* `before`, `part` `n` times, `after`. */
static char *
row(const char *before, const char *part, size_t n, const char *after)
{
	char *s = calloc(1, strlen(before) + n * strlen(part) + strlen(after) + 1);
	char *at = s;

	assert_non_null(s);
	at = stpcpy(at, before);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, part);
	strcpy(at, after);
	return s;
}

/* `a` `n` times, `mid`, `z` `n` times. */
static char *
nest(const char *a, const char *mid, const char *z, size_t n)
{
	char *left = row("", a, n, mid), *all = row(left, z, n, "");

	free(left);
	return all;
}

static void
assert_depth(const char *a, const char *z, size_t n)
{
	char *s = nest(a, "x", z, n);
	struct filter *f;
	struct err err;
	int rc = filter_parse(s, strlen(s), &f, &err);

	assert_int_equal(rc, n > FILTER_DEPTH_MAX ? FILTER_BAD : 0);
	if (rc != 0)
		assert_non_null(strstr(err.text, "nested deeper than 32"));
	filter_free(f);
	free(s);
}

static void
depth_and_size_are_bounded(void **state)
{
	char *s = row("x", " ", FILTER_MAX, "");
	struct filter *f;
	struct err err;

	(void)state;
	assert_depth("(", ")", FILTER_DEPTH_MAX);
	assert_depth("(", ")", FILTER_DEPTH_MAX + 1);
	assert_depth("not ", "", FILTER_DEPTH_MAX);
	assert_depth("not ", "", FILTER_DEPTH_MAX + 1);
	assert_int_equal(filter_parse(s, FILTER_MAX, &f, &err), 0);
	filter_free(f);
	assert_int_equal(filter_parse(s, FILTER_MAX + 1, &f, &err), FILTER_BAD);
	assert_string_equal(err.text, "where: 4097 bytes, more than 4096");
	free(s);
}

static int
stop(void *arg, uint64_t id, uint32_t slot)
{
	(void)arg, (void)id, (void)slot;
	return 7;
}

/* Whatever can be parsed can be run: the database's own bounds are wider. */
static void
assert_runs(struct fixture *f, char *text)
{
	struct filter *where = parse(text);
	int rc = meta_items_match(f->m, f->c, where, META_BY_ID, 0, stop, NULL, &f->err);

	if (rc != 0 && rc != 7)
		fail_msg("%.60s...: %s", text, f->err.text);
	filter_free(where);
	free(text);
}

static void
largest_filters_run(void **state)
{
	struct fixture *f = *state;
	char spine[8 * 32 + 8], both[4096] = "x", part[8192];

	put_metas(f);
	assert_runs(f, row("", "x or ", 818, "x"));
	assert_runs(f, row("", "x and ", 682, "x"));
	assert_runs(f, row("", "not x or ", 454, "x"));
	assert_runs(f, row("x in (0", ",0", 2043, ")"));
	assert_runs(f, row("x", ".a", 2047, ""));
	assert_runs(f, nest("x and (y or (", "z", "))", 16));
	assert_runs(f, nest("not (x and ", "z", ")", 16));
	assert_runs(f, nest("(", "z", " and x)", 32));
	/* on each level two that nest alike, so that neither can be read first for nothing */
	for (int depth = 1; depth < FILTER_DEPTH_MAX; depth++) {
		snprintf(spine, sizeof(spine), "%s", "x");
		for (int i = 0; i < depth; i++) {
			snprintf(part, sizeof(part), "(x %s %s)", i % 2 != 0 ? "or" : "and", spine);
			snprintf(spine, sizeof(spine), "%.*s", (int)sizeof(spine) - 1, part);
		}
		snprintf(part, sizeof(part), "(%s %s %s)", spine, depth % 2 != 0 ? "or" : "and", both);
		if (strlen(part) <= FILTER_MAX)
			snprintf(both, sizeof(both), "%.*s", (int)sizeof(both) - 1, part);
	}
	assert_true(strlen(both) > 3500);
	assert_runs(f, row(both, "", 0, ""));
}

/* --- walking ----------------------------------------------------------------------------------- */

struct seen {
	uint64_t n, last;
	uint64_t most;		/* stop after so many */
};

static int
count(void *arg, uint64_t id, uint32_t slot)
{
	struct seen *s = arg;

	(void)slot;
	assert_true(s->n == 0 || id > s->last);
	s->last = id;
	return ++s->n == s->most ? 3 : 0;
}

/* 5,000 items of ids from 0 and slots from 0, n = id % 10. */
static void
put_many(struct fixture *f)
{
	char meta[64];

	begin(f);
	for (uint32_t i = 0; i < 5000; i++) {
		struct meta_item item = item_of(i, i, NULL, NULL, meta);

		snprintf(meta, sizeof(meta), "{\"n\":%u}", i % 10);
		ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	}
	commit(f);
}

static void
walk_goes_over_its_pieces(void **state)
{
	struct fixture *f = *state;
	struct filter *where = parse("n = 3");
	struct seen all = { 0 }, some = { 0 }, few = { .most = 5 }, none = { 0 };

	put_many(f);
	ok(f, meta_items_match(f->m, f->c, where, META_BY_ID, 0, count, &all, &f->err));
	assert_true(all.n == 500 && all.last == 4993);
	ok(f, meta_items_match(f->m, f->c, where, META_BY_SLOT, 4004, count, &some, &f->err));
	assert_true(some.n == 99 && some.last == 4993);
	want(f, meta_items_match(f->m, f->c, where, META_BY_ID, 0, count, &few, &f->err), 3);
	assert_true(few.n == 5 && few.last == 43);
	ok(f, meta_items_match(f->m, f->c, where, META_BY_ID, UINT64_MAX, count, &none, &f->err));
	ok(f, meta_items_match(f->m, f->c + 1, where, META_BY_ID, 0, count, &none, &f->err));
	assert_true(none.n == 0);
	filter_free(where);
}

static void
transaction_sees_what_it_wrote(void **state)
{
	struct fixture *f = *state;
	struct filter *where = parse("n = 3");
	struct seen seen = { 0 }, few = { .most = 2 };

	put_many(f);
	begin(f);
	ok(f, meta_item_delete(f->t, f->c, 13, &f->err));
	want(f, meta_txn_items_match(f->t, f->c, where, 0, count, &few, &f->err), 3);
	assert_true(few.last == 23);
	ok(f, meta_txn_items_match(f->t, f->c, where, 0, count, &seen, &f->err));
	assert_true(seen.n == 499);
	commit(f);
	filter_free(where);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filters_let_through_what_they_say),
		cmocka_unit_test(what_is_no_filter_is_refused_by_place),
		cmocka_unit_test(nul_in_a_filter_is_refused),
		cmocka_unit_test(depth_and_size_are_bounded),
		TEST(largest_filters_run),
		TEST(walk_goes_over_its_pieces),
		TEST(transaction_sees_what_it_wrote),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
