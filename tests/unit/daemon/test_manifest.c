/*
 * test_manifest.c - what a manifest says is what is read back, and nothing else is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "file.h"
#include "manifest.h"
#include "vec.h"

struct fixture {
	char folder[64];
	struct manifest m, read;
	struct err err;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	*state = f;
	strcpy(f->folder, "/tmp/coolvec-manifest-XXXXXX");
	return mkdtemp(f->folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	int rc = file_remove_tree(f->folder, &f->err);

	manifest_fini(&f->m);
	manifest_fini(&f->read);
	free(f);
	return rc;
}

static void
put_file(struct fixture *f, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	assert_int_equal(file_write(path, 0600, text, strlen(text), &f->err), 0);
}

static void
what_is_written_is_read(void **state)
{
	struct fixture *f = *state;

	f->m.created = 1795460357;
	assert_int_equal(manifest_put(&f->m, "meta.db", INT64_MAX, 0, &f->err), 0);
	assert_int_equal(manifest_put(&f->m, "collections/9223372036854775807/vectors.bin", 0,
	    UINT32_MAX, &f->err), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(manifest_put(&f->m, "collections/1/hnsw.index", 7, 0x00ab00cd, &f->err), 0);
	assert_int_equal(manifest_write(&f->m, f->folder, &f->err), 0);
	assert_int_equal(manifest_read(f->folder, &f->read, &f->err), 0);
	assert_true(f->read.created == f->m.created && f->read.n == f->m.n);
	assert_memory_equal(f->read.files, f->m.files, f->m.n * sizeof(f->m.files[0]));
}

static void
names_that_have_no_business_there_are_refused(void **state)
{
	static const char *const names[] = { "", "/etc/passwd", "../meta.db", "meta.db/", "secret.key",
		"LOCK", "collections", "collections/1", "collections/1/", "collections/1/x",
		"collections/../meta.db", "collections//vectors.bin", "collections/01/vectors.bin",
		"collections/0/vectors.bin", "collections/-1/vectors.bin", "collections/1/../vectors.bin",
		"collections/1/vectors.bin/x", "collections/9223372036854775808/vectors.bin",
		"collections/1x/vectors.bin", "collections/1/./vectors.bin", "./meta.db" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(manifest_put(&f->m, "meta.db", 1, 1, &f->err), 0);
		assert_int_equal(manifest_put(&f->m, names[i], 1, 1, &f->err), 0);
		assert_int_equal(manifest_write(&f->m, f->folder, &f->err), 0);
		if (manifest_read(f->folder, &f->read, &f->err) == 0)
			fail_msg("\"%s\" was taken", names[i]);
		assert_string_equal(f->err.text, "manifest.json names a file that cannot be");
		assert_null(f->read.files);
		manifest_fini(&f->m);
	}
}

static void
any_other_text_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "null", "{}", "{\"version\":1}",
		"{\n \"version\": 1,\n \"created\": 1,\n \"files\": []\n}",
		"{\"version\":1,\"coolvec\":\"0.1.0\",\"created\":1,\"files\":[],\"crc32c\":\"00000000\"}" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file(f, MANIFEST_NAME, texts[i]);
		assert_true(manifest_read(f->folder, &f->read, &f->err) != 0);
		assert_string_equal(f->err.text, "manifest.json is damaged");
	}
}

/* Every change of a bit, every cut and every byte more. */
static void
every_change_of_a_byte_is_noticed(void **state)
{
	struct fixture *f = *state;
	char path[128], *text;
	size_t n;

	assert_int_equal(manifest_put(&f->m, "meta.db", 4096, 0x1234abcd, &f->err), 0);
	assert_int_equal(manifest_write(&f->m, f->folder, &f->err), 0);
	snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, f->folder);
	assert_int_equal(file_read(path, 4096, &text, &n, &f->err), 0);
	for (size_t at = 0; at < n; at++) {
		for (int bit = 0; bit < 8; bit++) {
			text[at] = (char)(text[at] ^ 1 << bit);
			assert_int_equal(file_write(path, 0600, text, n, &f->err), 0);
			if (manifest_read(f->folder, &f->read, &f->err) == 0)
				fail_msg("bit %d of byte %zu", bit, at);
			text[at] = (char)(text[at] ^ 1 << bit);
		}
		assert_int_equal(file_write(path, 0600, text, at, &f->err), 0);
		assert_true(manifest_read(f->folder, &f->read, &f->err) != 0);
	}
	assert_int_equal(file_write(path, 0600, text, n + 1, &f->err), 0);	/* its NUL */
	assert_true(manifest_read(f->folder, &f->read, &f->err) != 0);
	assert_int_equal(file_write(path, 0600, text, n, &f->err), 0);
	assert_int_equal(manifest_read(f->folder, &f->read, &f->err), 0);
	free(text);
}

static void
files_are_held_against_their_sums(void **state)
{
	struct fixture *f = *state;

	put_file(f, "meta.db", "some bytes");
	assert_int_equal(manifest_put(&f->m, "meta.db", 10, vec_crc32c(0, "some bytes", 10), &f->err), 0);
	assert_true(manifest_bytes(&f->m) == 10);
	assert_int_equal(manifest_check(&f->m, f->folder, &f->err), 0);
	put_file(f, "meta.db", "some bytez");
	assert_true(manifest_check(&f->m, f->folder, &f->err) != 0);
	assert_non_null(strstr(f->err.text, "meta.db is damaged: its CRC32C is "));
	put_file(f, "meta.db", "some bytes ");
	assert_true(manifest_check(&f->m, f->folder, &f->err) != 0);
	assert_string_equal(f->err.text, "meta.db is damaged: it has 11 bytes and had 10");
	assert_int_equal(manifest_put(&f->m, "collections/1/vectors.bin", 1, 1, &f->err), 0);
	put_file(f, "meta.db", "some bytes");
	assert_true(manifest_check(&f->m, f->folder, &f->err) != 0);
	assert_non_null(strstr(f->err.text, "collections/1/vectors.bin"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(names_that_have_no_business_there_are_refused),
		TEST(any_other_text_is_refused),
		TEST(every_change_of_a_byte_is_noticed),
		TEST(files_are_held_against_their_sums),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
