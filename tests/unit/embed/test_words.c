/*
 * test_words.c - the embedder words: what it makes of meaning, spelling, unknown words, and tables.
 */

#include "words.h"

#include <math.h>

static struct embedder *
open_words(const char *name, size_t dim)
{
	struct embed_config c = { .provider = "words", .model = name, .dim = dim, .folder = folder };
	struct embedder *e;
	struct err err = { 0 };

	if (embedder_open(&c, &e, &err) != 0)
		fail_msg("%s", err.text);
	return e;
}

/* Embed a text into `out`; the embedder's dim is at most 600. */
static void
embed(const struct embedder *e, const char *text, float *out)
{
	struct embed_text t = { text, strlen(text) };
	struct err err = { 0 };
	size_t bad;

	if (embedder_embed(e, &t, 1, out, &bad, &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

static double
cosine(const struct embedder *e, const char *a, const char *b)
{
	uint32_t dim = embedder_identity(e)->dim;
	float x[600], y[600];
	double sum = 0, xx = 0, yy = 0;

	assert_true(dim <= 600);
	embed(e, a, x);
	embed(e, b, y);
	for (uint32_t i = 0; i < dim; i++) {
		sum += (double)x[i] * (double)y[i];
		xx += (double)x[i] * (double)x[i];
		yy += (double)y[i] * (double)y[i];
	}
	if (fabs(xx - 1) > 1e-5 || fabs(yy - 1) > 1e-5)
		fail_msg("lengths %g and %g", sqrt(xx), sqrt(yy));
	return sum;
}

static void
test_identity_names_table_and_sum(void **state)
{
	struct embedder *e;
	struct words_table *t;
	const struct embed_identity *id;
	char sum[32];

	(void)state;
	import_text(small_words, "small");
	e = open_words("small", 0);
	t = open_table("small");
	id = embedder_identity(e);
	snprintf(sum, sizeof(sum), "-%016llx", (unsigned long long)t->sum);
	assert_string_equal(id->provider, "words");
	assert_string_equal(id->model, "small");
	assert_int_equal(id->dim, EMBED_LOCAL_DIM_DEFAULT);
	assert_memory_equal(id->version, "1-1-u", 5);
	assert_string_equal(id->version + strlen(id->version) - 17, sum);
	words_table_close(t);
	embedder_close(e);
}

static void
test_other_words_are_another_space(void **state)
{
	struct embedder *a, *b, *same;

	(void)state;
	import_text(small_words, "a");
	import_text(small_words, "same");
	import_text("cat 1 0\ndog 0.9 0.1\n", "b");
	a = open_words("a", 0);
	b = open_words("b", 0);
	same = open_words("same", 0);
	assert_string_equal(embedder_identity(a)->version, embedder_identity(same)->version);
	assert_string_not_equal(embedder_identity(a)->version, embedder_identity(b)->version);
	embedder_close(a);
	embedder_close(b);
	embedder_close(same);
}

static void
test_meaning_counts(void **state)
{
	struct embedder *e;

	(void)state;
	import_text(small_words, "small");
	e = open_words("small", 0);
	assert_true(cosine(e, "automobile", "car") > cosine(e, "automobile", "cat") + 0.1);
	assert_true(cosine(e, "the loaf", "bread") > cosine(e, "the loaf", "kitten") + 0.1);
	assert_true(cosine(e, "a kitten", "the cat") > cosine(e, "a kitten", "the car") + 0.1);
	embedder_close(e);
}

static void
test_unknown_words_have_their_features(void **state)
{
	struct embedder *e;

	(void)state;
	import_text(small_words, "small");
	e = open_words("small", 0);
	assert_true(cosine(e, "zxqvy", "zxqvy") > 0.9999);
	assert_true(cosine(e, "accommodation", "acommodation") > 0.5);
	assert_true(cosine(e, "zxqvy cat", "zxqvy") > cosine(e, "zxqvy cat", "wwwww"));
	embedder_close(e);
}

static void
test_case_and_order_are_nothing(void **state)
{
	float x[600], y[600];
	struct embedder *e;

	(void)state;
	import_text(small_words, "small");
	e = open_words("small", 300);
	embed(e, "The CAT and the car", x);
	embed(e, "car, cat: the the and", y);
	assert_memory_equal(x, y, 300 * sizeof(*x));
	embedder_close(e);
}

static void
test_runs_are_cut_into_words(void **state)
{
	struct embedder *e;

	(void)state;
	import_text("的 0.1 0.1 0.1 0.9\n东 0.5 0.4 0.2 0.3\n京 0.4 0.6 0.2 0.3\n东京 0.9 0.0 0.1 0.3\n"
		    "首都 0.85 0.05 0.1 0.35\n面包 0.0 0.9 0.1 0.3\n",
	    "zh");
	e = open_words("zh", 0);
	assert_true(cosine(e, "东京", "首都") > cosine(e, "面包", "首都") + 0.1);
	assert_true(cosine(e, "的东京", "首都") > cosine(e, "的面包", "首都") + 0.05);
	embedder_close(e);
}

static void
test_texts_that_cannot_be(void **state)
{
	struct embed_text t[2] = { { "fine", 4 }, { "...", 3 } };
	float out[2 * EMBED_LOCAL_DIM_DEFAULT];
	struct err err = { 0 };
	struct embedder *e;
	size_t bad = 9;

	(void)state;
	import_text(small_words, "small");
	e = open_words("small", 0);
	assert_int_equal(embedder_embed(e, t, 2, out, &bad, &err), EMBED_EINVAL);
	assert_int_equal(bad, 1);
	assert_string_equal(err.text, "text has no letter, digit or symbol");
	t[1] = (struct embed_text){ "a\xff", 2 };
	assert_int_equal(embedder_embed(e, t, 2, out, &bad, &err), EMBED_EINVAL);
	assert_string_equal(err.text, "text is not valid UTF-8");
	embedder_close(e);
}

/* Half a million of the heaviest word do not overflow a sum: it stays on the word's side. */
static void
test_longest_text(void **state)
{
	const size_t n = (size_t)1 << 20;
	char *text = malloc(n + 1);
	struct embedder *e;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i += 2) {
		text[i] = (char)('a' + i / 2 % 26);
		text[i + 1] = ' ';
	}
	text[n] = '\0';
	import_text("x 1 0 0\ny 0 1 0\na 1000000 5 1\nb 999999 4 1\nc 999999 6 1\n", "heavy");
	e = open_words("heavy", 0);
	assert_true(cosine(e, text, text) > 0.9999);
	embedder_close(e);
	free(text);
}

static void
refused(const char *model, size_t dim, const char *at, const char *why)
{
	struct embed_config c = { .provider = "words", .model = model, .dim = dim, .folder = at };
	struct embedder *e;
	struct err err = { 0 };

	assert_int_equal(embedder_open(&c, &e, &err), EMBED_EINVAL);
	assert_null(e);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, err.text);
}

static void
test_settings_that_cannot_be(void **state)
{
	(void)state;
	import_text(small_words, "small");
	refused(NULL, 0, folder, "needs the name of a table");
	refused("", 0, folder, "needs the name of a table");
	refused("small", 0, NULL, "needs a folder");
	refused("missing", 0, folder, "missing.words: No such file");
	refused("../words/small", 0, folder, "cannot be called");
	refused("-x", 0, folder, "cannot be called");
	refused("small", 67, folder, "has dimensions 68 to 4096, not 67");
	refused("small", 4097, folder, "has dimensions 68 to 4096, not 4097");
	embedder_close(open_words("small", 68));
	embedder_close(open_words("small", 4096));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity_names_table_and_sum),
		TEST(test_other_words_are_another_space),
		TEST(test_meaning_counts),
		TEST(test_unknown_words_have_their_features),
		TEST(test_case_and_order_are_nothing),
		TEST(test_runs_are_cut_into_words),
		TEST(test_texts_that_cannot_be),
		TEST(test_longest_text),
		TEST(test_settings_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
