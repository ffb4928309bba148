/*
 * test_file.c - files read and replaced whole, folders made and removed.
 */

#include "folder.h"

#include <dirent.h>
#include <errno.h>

static size_t
count_names(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;	/* . and .. */
}

static void
assert_content(const char *name, const char *expected, size_t len)
{
	struct err err;
	char *text;
	size_t n;

	assert_int_equal(file_read(in_folder(name), 1 << 20, &text, &n, &err), 0);
	assert_int_equal(n, len);
	assert_memory_equal(text, expected, len + 1);	/* with its NUL */
	free(text);
}

static void
what_is_written_is_read(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(file_write(in_folder("a"), 0600, "one\0two", 7, &err), 0);
	assert_content("a", "one\0two", 7);
	assert_int_equal(file_write(in_folder("a"), 0600, "", 0, &err), 0);
	assert_content("a", "", 0);
	assert_int_equal(count_names(folder), 1);	/* no temporary file stays */
}

static void
file_that_is_missing_is_said_to_be(void **state)
{
	char text[] = "x", *out = text;
	struct err err;
	size_t n = 9;

	(void)state;
	assert_int_equal(file_read(in_folder("none"), 100, &out, &n, &err), 1);
	assert_null(out);
	assert_int_equal(n, 0);
	assert_int_equal(file_read(folder, 100, &out, &n, &err), -1);
	assert_non_null(strstr(err.text, folder));
}

static void
size_is_bounded_exactly(void **state)
{
	struct err err;
	char *text;
	size_t n;

	(void)state;
	put_file("a", "0123456789", 10);
	assert_int_equal(file_read(in_folder("a"), 10, &text, &n, &err), 0);
	free(text);
	assert_int_equal(file_read(in_folder("a"), 9, &text, &n, &err), -1);
	assert_null(text);
	assert_non_null(strstr(err.text, "larger than 9 bytes"));
}

static void
write_gives_the_mode_whatever_the_umask(void **state)
{
	struct err err;
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(file_write(in_folder("a"), 0600, "x", 1, &err), 0);
	umask(077);
	assert_int_equal(file_write(in_folder("b"), 0644, "x", 1, &err), 0);
	umask(before);
	assert_int_equal(mode_of(in_folder("a")), 0600);
	assert_int_equal(mode_of(in_folder("b")), 0644);
}

static void
write_replaces_in_one_step(void **state)
{
	struct stat old, new;
	struct err err;
	char seen[4] = "";
	FILE *f;

	(void)state;
	put_file("a", "old", 3);
	f = fopen(in_folder("a"), "r");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &old), 0);
	assert_int_equal(file_write(in_folder("a"), 0600, "new one", 7, &err), 0);
	assert_int_equal(fread(seen, 1, 3, f), 3);	/* who had it open sees the old one */
	assert_string_equal(seen, "old");
	fclose(f);
	assert_int_equal(stat(in_folder("a"), &new), 0);
	assert_true(old.st_ino != new.st_ino);
	assert_content("a", "new one", 7);
}

static void
write_that_fails_leaves_all_as_it_was(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(mkdir(in_folder("a"), 0700), 0);
	assert_int_equal(
	    file_write(in_folder("a"), 0600, "x", 1, &err), -1); /* a folder is there */
	assert_int_equal(count_names(folder), 1);
	assert_int_equal(file_write(in_folder("none/a"), 0600, "x", 1, &err), -1);
	assert_int_equal(count_names(folder), 1);
	assert_non_null(strstr(err.text, strerror(ENOENT)));
}

static void
folders_are_made_down_to_the_last(void **state)
{
	struct err err;
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(mkdir(in_folder("a"), 0755), 0);
	assert_int_equal(file_mkdirs(in_folder("a/b//c/"), 0700, &err), 0);
	assert_int_equal(file_mkdirs(in_folder("a/b/c"), 0700, &err), 0);	/* it is there */
	umask(before);
	assert_int_equal(mode_of(in_folder("a")), 0755);
	assert_int_equal(mode_of(in_folder("a/b")), 0700);
	assert_int_equal(mode_of(in_folder("a/b/c")), 0700);
}

static void
folder_in_the_place_of_a_file_is_refused(void **state)
{
	struct err err;

	(void)state;
	put_file("a", "x", 1);
	assert_int_equal(file_mkdirs(in_folder("a"), 0700, &err), -1);
	assert_non_null(strstr(err.text, "is not a folder"));
	assert_int_equal(file_mkdirs(in_folder("a/b"), 0700, &err), -1);
	assert_int_equal(file_mkdirs("", 0700, &err), -1);
}

static void
tree_is_removed_and_links_are_not_followed(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(file_mkdirs(in_folder("tree/x/y"), 0700, &err), 0);
	assert_int_equal(file_mkdirs(in_folder("other"), 0700, &err), 0);
	put_file("tree/x/y/f", "1", 1);
	put_file("tree/.hidden", "1", 1);
	put_file("other/f", "kept", 4);
	assert_int_equal(symlink(in_folder("other"), in_folder("tree/x/link")), 0);
	assert_int_equal(symlink("/nowhere", in_folder("tree/dangling")), 0);
	assert_int_equal(file_remove_tree(in_folder("tree"), &err), 0);
	assert_int_equal(access(in_folder("tree"), F_OK), -1);
	assert_content("other/f", "kept", 4);
	assert_int_equal(file_remove_tree(in_folder("tree"), &err), 0);	/* missing is fine */
}

static void
link_to_a_tree_goes_alone(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(file_mkdirs(in_folder("other"), 0700, &err), 0);
	put_file("other/f", "kept", 4);
	assert_int_equal(symlink(in_folder("other"), in_folder("link")), 0);
	assert_int_equal(file_remove_tree(in_folder("link"), &err), 0);
	assert_content("other/f", "kept", 4);
	assert_int_equal(access(in_folder("link"), F_OK), -1);
}

static void
random_bytes_differ_and_secrets_are_wiped(void **state)
{
	unsigned char a[64] = { 0 }, b[64] = { 0 }, zero[64] = { 0 };

	(void)state;
	file_random(a, sizeof(a));
	file_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 32, zero, 32);
	file_forget(a, sizeof(a));
	assert_memory_equal(a, zero, sizeof(a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(file_that_is_missing_is_said_to_be),
		TEST(size_is_bounded_exactly),
		TEST(write_gives_the_mode_whatever_the_umask),
		TEST(write_replaces_in_one_step),
		TEST(write_that_fails_leaves_all_as_it_was),
		TEST(folders_are_made_down_to_the_last),
		TEST(folder_in_the_place_of_a_file_is_refused),
		TEST(tree_is_removed_and_links_are_not_followed),
		TEST(link_to_a_tree_goes_alone),
		TEST(random_bytes_differ_and_secrets_are_wiped),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
