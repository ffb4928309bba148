/*
 * test_words_table.c - tables that were damaged, cut or made up are refused, whole.
 */

#include "words.h"

#include "words_build.h"

static char *bytes;		/* of the table "t", as it was made */
static size_t nbytes;

static int
setup(void **state)
{
	struct err err = { 0 };

	folder_make(state);
	import_text(small_words, "t");
	return file_read(in_folder("words/t.words"), 1 << 20, &bytes, &nbytes, &err);
}

static int
teardown(void **state)
{
	free(bytes);
	return folder_remove(state);
}

static void
put(const void *p, size_t n)
{
	FILE *f = fopen(in_folder("words/t.words"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The file is refused, with a sentence that names it. */
static void
refused(const char *why)
{
	struct words_table *t;
	struct err err = { 0 };

	if (words_table_open(in_folder("words/t.words"), &t, &err) != EMBED_EINVAL)
		fail_msg("it was opened");
	assert_null(t);
	if (strstr(err.text, "t.words") == NULL || strstr(err.text, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, err.text);
}

static void
put_u64(size_t at, uint64_t x)
{
	for (size_t i = 0; i < 8; i++)
		bytes[at + i] = (char)(x >> (8 * i));
}

/* Make the sum right again, so that what else is wrong is what refuses it. */
static void
seal(void)
{
	put_u64(nbytes - 8, words_sum((unsigned char *)bytes, nbytes - 8));
	put(bytes, nbytes);
}

static void
test_every_truncation(void **state)
{
	(void)state;
	for (size_t n = 0; n < nbytes; n++) {
		put(bytes, n);
		refused("");
	}
	bytes = realloc(bytes, nbytes + 8);
	assert_non_null(bytes);
	memset(bytes + nbytes, 0, 8);
	put(bytes, nbytes + 8);
	refused("damaged");
}

static void
test_every_byte_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < nbytes; i++)
		for (int bit = 1; bit < 256; bit *= 2) {
			bytes[i] = (char)(bytes[i] ^ bit);
			put(bytes, nbytes);
			refused("");
			bytes[i] = (char)(bytes[i] ^ bit);
		}
	put(bytes, nbytes);
	words_table_close(open_table("t"));
}

static void
test_counts_that_cannot_be(void **state)
{
	static const uint64_t counts[] = { 0, 7, 9, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX,
		UINT64_MAX / 8, (uint64_t)1 << 61 };
	static const char dims[][4] = { { 0, 0, 0, 0 }, { 1, 0, 0, 0 }, { 1, 4, 0, 0 },
		{ 12, 0, 0, 0 }, { '\xff', '\xff', '\xff', '\xff' } };
	char old[16];

	(void)state;
	memcpy(old, bytes + 8, 16);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		put_u64(16, counts[i]);
		seal();
		refused("do not fit its header");
	}
	memcpy(bytes + 8, old, 16);
	for (size_t i = 0; i < sizeof(dims) / sizeof(dims[0]); i++) {
		memcpy(bytes + 12, dims[i], 4);
		seal();
		refused("do not fit its header");
	}
}

static void
test_another_format(void **state)
{
	(void)state;
	bytes[8] = 2;
	seal();
	refused("has format 2, and this coolvecd reads 1");
	bytes[8] = 1;
	bytes[0] = 'X';
	seal();
	refused("is not a table of words");
}

static void
test_words_out_of_order(void **state)
{
	struct words_layout at;
	char key[8];

	(void)state;
	assert_true(words_layout(8, 4, &at));
	memcpy(key, bytes + at.keys, 8);
	memcpy(bytes + at.keys, bytes + at.keys + 8, 8);
	seal();
	refused("not in order");	/* twice the same */
	memcpy(bytes + at.keys + 8, key, 8);
	seal();
	refused("not in order");
}

static void
test_what_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(unlink(in_folder("words/t.words")), 0);
	refused("No such file");
	assert_int_equal(mkdir(in_folder("words/t.words"), 0700), 0);
	refused("is not a table of words");
}

/* A thousand words, in any order, are all found, and others are not. */
static void
test_every_word_is_found(void **state)
{
	enum { N = 1000 };
	struct words_build *b = words_build_new(3);
	struct words_entry e;
	struct words_table *t;
	unsigned char *made;
	struct err err = { 0 };
	size_t n;
	uint64_t kept;

	(void)state;
	assert_non_null(b);
	for (uint32_t i = 0; i < N; i++) {
		float x[3] = { 1, (float)i, -2 };

		assert_int_equal(words_build_add(b, i * 0x9e3779b97f4a7c15u, i, x, &err), 0);
	}
	assert_int_equal(words_build_finish(b, &made, &n, &kept, &err), 0);
	words_build_free(b);
	assert_int_equal(kept, N);
	put(made, n);
	free(made);
	t = open_table("t");
	for (uint32_t i = 0; i < N; i++) {
		assert_true(words_table_find(t, i * 0x9e3779b97f4a7c15u, &e));
		assert_int_equal(e.rank, i);
		assert_false(words_table_find(t, i * 0x9e3779b97f4a7c15u + 1, &e));
	}
	assert_false(words_table_find(t, UINT64_MAX, &e));
	words_table_close(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_truncation),
		TEST(test_every_byte_flipped),
		TEST(test_counts_that_cannot_be),
		TEST(test_another_format),
		TEST(test_words_out_of_order),
		TEST(test_what_is_no_file),
		TEST(test_every_word_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
