/*
 * test_local.c - the local embedder's contract: identity, length, folding, and what it refuses.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "embed.h"

#define DIM EMBED_LOCAL_DIM_DEFAULT

static struct embedder *embedder;

static struct embedder *
open_dim(size_t dim)
{
	struct embed_config c = { .provider = "local", .dim = dim };
	struct embedder *e;
	struct err err = { 0 };

	if (embedder_open(&c, &e, &err) != 0)
		fail_msg("%s", err.text);
	return e;
}

static void
embed_bytes(const char *p, size_t len, float *out)
{
	struct embed_text t = { p, len };
	struct err err = { 0 };
	size_t bad;

	if (embedder_embed(embedder, &t, 1, out, &bad, &err) != 0)
		fail_msg("%s", err.text);
}

static double
length_of(const float *v, size_t dim)
{
	double sum = 0;

	for (size_t i = 0; i < dim; i++)
		sum += (double)v[i] * (double)v[i];
	return sqrt(sum);
}

static void
assert_same(const char *a, const char *b)
{
	float va[DIM], vb[DIM];

	embed_bytes(a, strlen(a), va);
	embed_bytes(b, strlen(b), vb);
	if (memcmp(va, vb, sizeof(va)) != 0)
		fail_msg("\"%s\" and \"%s\" differ", a, b);
}

static void
assert_differ(const char *a, const char *b)
{
	float va[DIM], vb[DIM];

	embed_bytes(a, strlen(a), va);
	embed_bytes(b, strlen(b), vb);
	if (memcmp(va, vb, sizeof(va)) == 0)
		fail_msg("\"%s\" and \"%s\" are the same", a, b);
}

static void
assert_refused(const char *p, size_t len, const char *why)
{
	struct embed_text t[2] = { { "fine", 4 }, { p, len } };
	struct err err = { 0 };
	float out[2 * DIM];
	size_t bad = 99;

	assert_int_equal(embedder_embed(embedder, t, 2, out, &bad, &err), EMBED_EINVAL);
	assert_int_equal(bad, 1);
	assert_int_equal(err.code, EMBED_EINVAL);
	assert_string_equal(err.text, why);
}

#define REFUSED_BYTES(s) assert_refused(s, sizeof(s) - 1, "text is not valid UTF-8")
#define REFUSED_EMPTY(s) assert_refused(s, sizeof(s) - 1, "text has no letter, digit or symbol")

static void
test_identity(void **state)
{
	const struct embed_identity *id = embedder_identity(embedder);

	(void)state;
	assert_string_equal(id->provider, "local");
	assert_string_equal(id->model, "ngram");
	assert_int_equal(id->dim, DIM);
	assert_memory_equal(id->version, "1-u", 3);
}

static void
test_settings_that_cannot_be(void **state)
{
	static const struct {
		struct embed_config c;
		const char *why;
	} cases[] = {
		{ { .provider = "oracle" },
		    "embedder provider \"oracle\" is unknown: there is local, words, gemini, openai" },
		{ { .provider = NULL }, "embedder provider \"\" is unknown: there is local, words, gemini, openai" },
		{ { .provider = "local", .model = "large" },
		    "embedder local has no model \"large\": it has ngram" },
		{ { .provider = "local", .dim = 63 },
		    "embedder local has dimensions 64 to 4096, not 63" },
		{ { .provider = "local", .model = "ngram", .dim = 4097 },
		    "embedder local has dimensions 64 to 4096, not 4097" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct embedder *e;
		struct err err = { 0 };

		assert_int_equal(embedder_open(&cases[i].c, &e, &err), EMBED_EINVAL);
		assert_null(e);
		assert_string_equal(err.text, cases[i].why);
	}
	embedder_close(NULL);
}

static void
test_unit_length_at_any_dim(void **state)
{
	static const char *const texts[] = { "the", "a", "7", "+", "猫", "ก", "😀", "two cats" };
	static const size_t dims[] = { 64, 65, 100, 512, 1000, 4096 };
	static float v[4096];

	(void)state;
	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
		struct embedder *e = open_dim(dims[d]);

		assert_int_equal(embedder_identity(e)->dim, dims[d]);
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			struct embed_text t = { texts[i], strlen(texts[i]) };
			size_t bad;

			assert_int_equal(embedder_embed(e, &t, 1, v, &bad, NULL), 0);
			assert_true(fabs(length_of(v, dims[d]) - 1) < 1e-6);
		}
		embedder_close(e);
	}
}

static void
test_batch_equals_single(void **state)
{
	float batch[3 * DIM], single[DIM];
	const struct embed_text t[3] = { { "one fish", 8 }, { "two fish", 8 }, { "one fish", 8 } };
	size_t bad;

	(void)state;
	assert_int_equal(embedder_embed(embedder, t, 3, batch, &bad, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		embed_bytes(t[i].p, t[i].len, single);
		assert_memory_equal(batch + i * DIM, single, sizeof(single));
	}
	assert_int_equal(embedder_embed(embedder, NULL, 0, NULL, &bad, NULL), 0);
}

static void
test_folding(void **state)
{
	(void)state;
	assert_same("Straße", "STRASSE");
	assert_same("ΟΔΟΣ", "οδος");
	assert_same("caf\u00e9", "cafe\u0301");			/* composed, decomposed */
	assert_same("café", "CAFE");				/* accents */
	assert_same("Ｈｅｌｌｏ　１２３", "hello 123");		/* full width */
	assert_same("ｶﾞｯｺｳ", "ガッコウ");				/* half-width kana */
	assert_same("か\u3099く", "がく");
	assert_same("ﬁne", "fine");
	assert_same("\ud55c\uad6d", "\u1112\u1161\u11ab\u1100\u116e\u11a8");	/* Hangul, jamo */
	assert_same("كتاب", "كِتَابٌ");				/* vowels left out */
	assert_same("كـــتاب", "كتاب");				/* stretched */
	assert_same("שָׁלוֹם", "שלום");
	assert_same("soft\u00adhyphen", "softhyphen");
	assert_same("\u1fb3\u0ccd", "\u03b1\u0ccd\u0345");	/* a mark between parts */
	assert_same("ข\u0e38\u0e48น", "ข\u0e48\u0e38น");		/* marks in either order */
	assert_same("a, b!\t(c)", "a b c");
	assert_same("a\u00a0b", "a b");
}

static void
test_meaning_is_not_folded(void **state)
{
	(void)state;
	assert_differ("かき", "がき");
	assert_differ("はな", "ばな");
	assert_differ("ばな", "ぱな");
	assert_differ("कल", "काल");
	assert_differ("ขา", "ข่า");
	assert_differ("C", "C++");
	assert_differ("1 ≠ 2", "1 = 2");
	assert_differ("😀", "😢");
	assert_differ("dog bites", "dog barks");
}

static void
test_invalid_utf8_is_refused(void **state)
{
	(void)state;
	REFUSED_BYTES("\x80");
	REFUSED_BYTES("abc\xff");
	REFUSED_BYTES("cut \xe4\xbd");
	REFUSED_BYTES("\xc0\xaf overlong");
	REFUSED_BYTES("\xed\xa0\x80 surrogate");
	REFUSED_BYTES("\xf4\x90\x80\x80 beyond");
}

static void
test_nothing_to_embed_is_refused(void **state)
{
	(void)state;
	REFUSED_EMPTY("");
	REFUSED_EMPTY(" \t\r\n");
	REFUSED_EMPTY("... !?");
	REFUSED_EMPTY("\0\0");
	REFUSED_EMPTY("\x01\x1b\x7f");
	REFUSED_EMPTY("\u0301\u0301");		/* marks on nothing */
	REFUSED_EMPTY("\u200b\ufeff\u00ad");	/* invisible */
	REFUSED_EMPTY("。、「」");
}

static void
test_nul_and_controls_part_words(void **state)
{
	float with[DIM], without[DIM];

	(void)state;
	embed_bytes("red\0fox\x1bjumps", 13, with);
	embed_bytes("red fox jumps", 13, without);
	assert_memory_equal(with, without, sizeof(with));
}

/* One unit many times, behind a first one, is a text that has to end well and keep unit length. */
static void
assert_flood(const char *first, const char *unit, size_t bytes)
{
	size_t len = strlen(unit), at = strlen(first);
	char *text = malloc(bytes);
	float v[DIM];

	assert_non_null(text);
	memcpy(text, first, at);
	for (; at + len <= bytes; at += len)
		memcpy(text + at, unit, len);
	embed_bytes(text, at, v);
	assert_true(fabs(length_of(v, DIM) - 1) < 1e-6);
	free(text);
}

static void
test_floods(void **state)
{
	(void)state;
	assert_flood("", "x", 1 << 20);
	assert_flood("", "x ", 1 << 20);
	assert_flood("", "1", 1 << 16);
	assert_flood("", "猫", 1 << 16);
	assert_flood("a", "\u0301", 1 << 16);		/* stripped */
	assert_flood("ก", "\u0e48\u0e38", 1 << 16);	/* kept, to be sorted */
	assert_flood("क", "\u093e", 1 << 16);		/* kept, of class 0 */
	assert_flood("", "\ufdfa ", 1 << 16);		/* 18 code points from one */
}

/* Whatever order a flood of marks comes in, the same ones stay. */
static void
test_mark_flood_is_canonical(void **state)
{
	char a[1 + 3 * 80 + 4] = "ก", b[sizeof(a)] = "ก";

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		strcat(a, "\u0e48\u0e38");
		strcat(b, i < 10 ? "\u0e38\u0e38" : "\u0e48\u0e48");
	}
	assert_same(a, b);
}

/* A block of tokens ends where it will: neighbours of its end are as good as any. */
static void
test_long_text_ends_count(void **state)
{
	char a[8192] = "", b[8192];
	float va[DIM], vb[DIM];

	(void)state;
	for (size_t i = 0; i < 700; i++)
		snprintf(a + strlen(a), sizeof(a) - strlen(a), "w%zu ", i);
	snprintf(b, sizeof(b), "%s", a);
	embed_bytes(a, strlen(a), va);
	b[strlen(b) - 2] = 'x';
	embed_bytes(b, strlen(b), vb);
	assert_memory_not_equal(va, vb, sizeof(va));
	assert_true(fabs(length_of(vb, DIM) - 1) < 1e-6);
}

static int
setup(void **state)
{
	(void)state;
	embedder = open_dim(0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	embedder_close(embedder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_settings_that_cannot_be),
		cmocka_unit_test(test_unit_length_at_any_dim),
		cmocka_unit_test(test_batch_equals_single),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_meaning_is_not_folded),
		cmocka_unit_test(test_invalid_utf8_is_refused),
		cmocka_unit_test(test_nothing_to_embed_is_refused),
		cmocka_unit_test(test_nul_and_controls_part_words),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_mark_flood_is_canonical),
		cmocka_unit_test(test_long_text_ends_count),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
