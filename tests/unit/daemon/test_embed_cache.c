/*
 * test_embed_cache.c - what is kept, for how long, and what damage does.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "embed_cache.h"
#include "file.h"

#define DIM 8
#define RECORD (8 + SHA256_LEN + DIM * 4)

static char folder[64], path[128];

static int
make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/embed_cache.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/" EMBED_CACHE_FILE, folder);
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	return file_remove_tree(folder, NULL);
}

static struct embed_key
key_of(unsigned i)
{
	struct embed_key key;
	struct sha256 s;

	sha256_init(&s);
	sha256_put(&s, &i, sizeof(i));
	sha256_end(&s, key.b);
	return key;
}

static void
put(struct embed_cache *c, unsigned i)
{
	struct embed_key key = key_of(i);
	float x[DIM];

	for (unsigned j = 0; j < DIM; j++)
		x[j] = (float)(i * DIM + j);
	embed_cache_put(c, &key, x, DIM);
}

/* Is number `i` there, and right? */
static bool
has(struct embed_cache *c, unsigned i)
{
	struct embed_key key = key_of(i);
	float x[DIM];

	if (!embed_cache_get(c, &key, x, DIM))
		return false;
	for (unsigned j = 0; j < DIM; j++)
		assert_true(x[j] == (float)(i * DIM + j));
	return true;
}

static off_t
size_of(const char *name)
{
	char p[160];
	struct stat st;

	snprintf(p, sizeof(p), "%s/%s", folder, name);
	return stat(p, &st) == 0 ? st.st_size : -1;
}

static void
nothing_is_made_before_there_is_something(void **state)
{
	struct embed_cache *c = embed_cache_open(folder, 1 << 20);

	(void)state;
	assert_false(has(c, 1));
	embed_cache_close(c);
	assert_int_equal(size_of(EMBED_CACHE_FILE), -1);
}

static void
vectors_are_there_again_after_opening(void **state)
{
	struct embed_cache *c = embed_cache_open(folder, 10 << 20);
	struct embed_key key = key_of(7);
	float x[DIM + 1];

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		put(c, i);
	for (unsigned i = 0; i < 5000; i++)
		put(c, i);	/* once is enough */
	embed_cache_close(c);
	assert_int_equal(size_of(EMBED_CACHE_FILE), 16 + 5000 * RECORD);
	c = embed_cache_open(folder, 10 << 20);
	for (unsigned i = 0; i < 5000; i++)
		assert_true(has(c, i));
	assert_false(has(c, 5000));
	assert_false(embed_cache_get(c, &key, x, DIM + 1));
	embed_cache_close(c);
}

static void
it_keeps_the_newer_half_within_its_bound(void **state)
{
	off_t bound = 200 * RECORD;
	struct embed_cache *c = embed_cache_open(folder, (uint64_t)bound);
	unsigned kept;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			put(c, i);
			assert_true(has(c, i));
			assert_true(i < 90 || has(c, i - 90));
			assert_true(size_of(EMBED_CACHE_FILE) + size_of(EMBED_CACHE_OLD) <= bound);
		}
		kept = 0;
		for (unsigned i = 0; i < 1000; i++)
			kept += has(c, i);
		assert_true(kept >= 99 && kept <= 200);
		embed_cache_close(c);
		c = embed_cache_open(folder, (uint64_t)bound);
		assert_true(has(c, 999));
		assert_true(has(c, 999 - 90));
	}
	embed_cache_close(c);
}

static void
half_a_record_is_cut_off(void **state)
{
	(void)state;
	for (off_t cut = 1; cut < RECORD; cut += 5) {
		struct embed_cache *c = embed_cache_open(folder, 1 << 20);

		put(c, 1);
		put(c, 2);
		embed_cache_close(c);
		assert_int_equal(truncate(path, 16 + 2 * RECORD - cut), 0);
		c = embed_cache_open(folder, 1 << 20);
		assert_true(has(c, 1));
		assert_false(has(c, 2));
		put(c, 3);
		assert_true(has(c, 3));
		embed_cache_close(c);
		assert_int_equal(size_of(EMBED_CACHE_FILE), 16 + 2 * RECORD);
		embed_cache_remove(folder);
	}
}

/* Every byte of a record changed, one after the other: a miss, never a wrong vector. */
static void
damage_is_a_miss(void **state)
{
	struct embed_cache *c = embed_cache_open(folder, 1 << 20);
	unsigned char b;
	int fd;

	(void)state;
	put(c, 1);
	embed_cache_close(c);
	fd = open(path, O_RDWR);
	for (off_t at = 0; at < 16 + RECORD; at++) {
		assert_int_equal(pread(fd, &b, 1, at), 1);
		b ^= 0x40;
		assert_int_equal(pwrite(fd, &b, 1, at), 1);
		c = embed_cache_open(folder, 1 << 20);
		assert_false(has(c, 1));
		embed_cache_close(c);
		close(fd);
		embed_cache_remove(folder);
		c = embed_cache_open(folder, 1 << 20);
		put(c, 1);
		embed_cache_close(c);
		fd = open(path, O_RDWR);
	}
	close(fd);
}

static void
bound_of_nothing_keeps_nothing(void **state)
{
	struct embed_cache *c = embed_cache_open(folder, 0);

	(void)state;
	put(c, 1);
	assert_false(has(c, 1));
	embed_cache_close(c);
	assert_int_equal(size_of(EMBED_CACHE_FILE), -1);
}

static void
folder_that_cannot_be_written_is_no_failure(void **state)
{
	char nowhere[128];
	struct embed_cache *c;

	(void)state;
	snprintf(nowhere, sizeof(nowhere), "%s/none", folder);
	c = embed_cache_open(nowhere, 1 << 20);
	put(c, 1);
	put(c, 2);
	assert_false(has(c, 1));
	embed_cache_close(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_made_before_there_is_something),
		TEST(vectors_are_there_again_after_opening),
		TEST(it_keeps_the_newer_half_within_its_bound),
		TEST(half_a_record_is_cut_off),
		TEST(damage_is_a_miss),
		TEST(bound_of_nothing_keeps_nothing),
		TEST(folder_that_cannot_be_written_is_no_failure),
	};

	return cmocka_run_group_tests_name("embed_cache", tests, NULL, NULL);
}
