/*
 * test_words_import.c - text files of every kind, and of no kind, made into tables.
 */

#include "words.h"

#include <math.h>

#include "local_hash.h"

/* The entry of an ASCII word in lower case, which is all of its folding. */
static bool
find(const struct words_table *t, const char *word, struct words_entry *e)
{
	uint32_t u[64];
	size_t n = strlen(word);

	for (size_t i = 0; i < n; i++)
		u[i] = (unsigned char)word[i];
	return words_table_find(t, hash_units(HASH_WORD, u, n), e);
}

static void
test_components_come_back(void **state)
{
	static const float cat[] = { 0.9f, 0.0f, 0.1f, 0.3f };
	struct words_imported w = import_text(small_words, "small");
	struct words_table *t = open_table("small");
	struct words_entry e, the;

	(void)state;
	assert_int_equal(w.read, 8);
	assert_int_equal(w.kept, 8);
	assert_int_equal(w.dim, 4);
	assert_int_equal(t->n, 8);
	assert_int_equal(t->dim, 4);
	assert_true(find(t, "cat", &e));
	assert_true(find(t, "the", &the));
	assert_int_equal(e.rank, 2);
	assert_int_equal(the.rank, 0);
	/* the largest component of all is 0.9, so a scale of 65535 is 0.9 / 127 */
	for (size_t i = 0; i < 4; i++) {
		double x = (double)e.c[i] * e.scale / 65535 * 0.9 / 127;

		if (fabs(x - (double)cat[i]) > 0.9 / 127)
			fail_msg("component %zu is %g, not %g", i, x, (double)cat[i]);
	}
	assert_false(find(t, "dog", &e));
	words_table_close(t);
}

static void
test_common_direction_is_found(void **state)
{
	struct words_table *t;
	double length = 0;

	(void)state;
	import_text(small_words, "small");
	t = open_table("small");
	for (uint32_t i = 0; i < t->dim; i++)
		length += (double)t->direction[i] * t->direction[i];
	assert_true(fabs(sqrt(length) - WORDS_UNIT) < 4);
	/* all words point along the fourth component, and one way along each of the others */
	assert_true(t->direction[3] > 12000);
	assert_true(t->direction[0] > 0 && t->direction[1] > 0 && t->direction[2] > 0);
	words_table_close(t);
}

/* All that is one word of one table: header or none, blanks, line ends, exponents. */
static void
test_ways_to_write(void **state)
{
	static const char *const ways[] = {
		"cat 0.5 -1\ndog 2e-1 3\n",
		"2 2\ncat 0.5 -1\ndog 2e-1 3\n",
		"2 2\r\ncat 0.5 -1 \r\ndog 0.2 3.0 \r\n",
		"cat\t0.50\t-1.0\ndog\t+.2\t3",
		"\ncat  0.5   -1\n\n\ndog 0.2E0 3\n\n",
		"  2   2  \ncat 0.5 -1\ndog 0.2 3\n",
	};
	struct words_table *first, *t;

	(void)state;
	import_text(ways[0], "first");
	first = open_table("first");
	for (size_t i = 1; i < sizeof(ways) / sizeof(ways[0]); i++) {
		import_text(ways[i], "way");
		t = open_table("way");
		if (t->sum != first->sum)
			fail_msg("way %zu makes another table", i);
		words_table_close(t);
	}
	words_table_close(first);
}

static void
test_words_of_odd_bytes(void **state)
{
	static const char text[] = "cat 1 0\n"
				   "\xff\xfe 1 1\n"	     /* not UTF-8 */
				   "a\0b 1 1\n"	     /* a NUL ends no line; two words */
				   ", 1 1\n"		     /* no word */
				   "new york 1 1\n"	     /* two */
				   "don't 1 1\n"	     /* two */
				   "  1 1\n"		     /* none */
				   "nothing 0 0\n"	     /* says nothing */
				   "Caf\xc3\xa9 0 1\n";    /* folds to cafe */
	struct words_imported w;
	struct words_table *t;
	struct words_entry e;
	struct err err = { 0 };

	(void)state;
	if (import_bytes(text, sizeof(text) - 1, "odd", &w, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(w.read, 9);
	assert_int_equal(w.odd, 1);
	assert_int_equal(w.unfit, 6);
	assert_int_equal(w.kept, 2);
	t = open_table("odd");
	assert_true(find(t, "cat", &e));
	assert_true(find(t, "cafe", &e));
	assert_int_equal(e.rank, 8);
	words_table_close(t);
}

static void
test_first_of_equal_words_stays(void **state)
{
	struct words_imported w =
	    import_text("Apple 1 0\ncat 0 1\napple 0.5 1\nAPPLE 1 1\ncat 1 0\n", "twice");
	struct words_table *t = open_table("twice");
	struct words_entry e;

	(void)state;
	assert_int_equal(w.kept, 2);
	assert_int_equal(w.twice, 3);
	assert_true(find(t, "apple", &e));
	assert_int_equal(e.rank, 0);
	assert_int_equal(e.c[0], 127);
	assert_int_equal(e.c[1], 0);
	assert_true(find(t, "cat", &e));
	assert_int_equal(e.rank, 1);
	words_table_close(t);
}

static void
test_files_that_cannot_be(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "the file has no words" },
		{ "\n\n", "the file has no words" },
		{ "3 2\n", "the file has 0 words, and its first line says 3: is it whole?" },
		{ "3 2\na 1 2\nb 1 2\n", "the file has 2 words, and its first line says 3: is it whole?" },
		{ "1 2\na 1 2\nb 1 2\n", "the file has 2 words, and its first line says 1: is it whole?" },
		{ "cat\n", "the file, line 1: neither \"count dim\" nor a word and 2 to 1024 numbers" },
		{ "cat 1\n", "the file, line 1: neither \"count dim\" nor a word" },
		{ "3 1025\n", "the file, line 1: neither \"count dim\" nor a word" },
		{ "cat 1 2\n\ndog 1\n", "the file, line 3: number 1 of 2 is none, or too large" },
		{ "cat 1 2\n1\n", "the file, line 2: 1 numbers, not 2" },
		{ "cat 1 2\ndog 1 x\n", "the file, line 2: number 2 of 2 is none, or too large" },
		{ "cat 1 2\ndog nan 1\n", "the file, line 2: number 1 of 2 is none, or too large" },
		{ "cat 1 2\ndog 1 inf\n", "the file, line 2: number 2 of 2" },
		{ "cat 1 2\ndog 1 0x10\n", "the file, line 2: number 2 of 2" },
		{ "cat 1 2\ndog 1 1e7\n", "the file, line 2: number 2 of 2" },
		{ "cat 1 2\ndog 1 1e999\n", "the file, line 2: number 2 of 2" },
		{ "cat 1 2\ndog 1 1.5.5\n", "the file, line 2: number 2 of 2" },
		{ "cat 1 2\ndog 1 -\n", "the file, line 2: number 2 of 2" },
		{ ", 1 2\n. 3 4\n", "there is no word that a text could hold" },
		{ "cat 0 0\n", "there is no word that a text could hold" },
	};
	struct words_imported w;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		if (import_bytes(cases[i].text, strlen(cases[i].text), "bad", &w, &err) != EMBED_EINVAL)
			fail_msg("case %zu was taken", i);
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(access(in_folder("words"), F_OK), -1);
	}
}

static void
test_a_line_without_end_is_refused(void **state)
{
	size_t n = ((size_t)1 << 20) + 2;
	struct words_imported w;
	struct err err = { 0 };
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', n);
	assert_int_equal(import_bytes(text, n, "long", &w, &err), EMBED_EINVAL);
	assert_non_null(strstr(err.text, "line 1: 1048578 bytes are no word"));
	free(text);
}

static void
test_names_that_cannot_be(void **state)
{
	static const char *const names[] = { "", "../x", "a/b", ".", "-a", "_a", "a.b", "a b",
		"a234567890123456789012345678901234567890123456789012345678901234" };
	struct words_imported w;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct err err = { 0 };

		assert_int_equal(import_bytes("cat 1 2\n", 8, names[i], &w, &err), EMBED_EINVAL);
		assert_non_null(strstr(err.text, "cannot be called"));
	}
	import_text("cat 1 2\n", "a23456789012345678901234567890123456789012345678901234567890123");
}

static void
test_a_bad_file_leaves_the_old_table(void **state)
{
	struct words_table *before, *after;
	struct words_imported w;
	struct err err = { 0 };

	(void)state;
	import_text(small_words, "t");
	before = open_table("t");
	assert_int_equal(import_bytes("cat 1 2\ndog\n", 12, "t", &w, &err), EMBED_EINVAL);
	after = open_table("t");
	assert_true(before->sum == after->sum);
	words_table_close(after);
	/* and one that is replaced serves those who have it open */
	import_text("cat 1 2\n", "t");
	after = open_table("t");
	assert_true(before->sum != after->sum);
	assert_true(words_sum(before->map, before->at.sum) == before->sum);
	words_table_close(before);
	words_table_close(after);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_components_come_back),
		TEST(test_common_direction_is_found),
		TEST(test_ways_to_write),
		TEST(test_words_of_odd_bytes),
		TEST(test_first_of_equal_words_stays),
		TEST(test_files_that_cannot_be),
		TEST(test_a_line_without_end_is_refused),
		TEST(test_names_that_cannot_be),
		TEST(test_a_bad_file_leaves_the_old_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
