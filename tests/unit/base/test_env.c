/*
 * test_env.c - the .env reader: its syntax, what it refuses, and what is above what.
 */

#include "folder.h"

#include "env.h"

/* Load .env with this text; NULL with the sentence in `err` when it is refused. */
static struct env *
load(const char *text, struct err *err)
{
	struct env *e;

	put_file(".env", text, strlen(text));
	return env_load(in_folder(".env"), 1, &e, err) == 0 ? e : NULL;
}

static void
value_is_read_as_written(void **state)
{
	static const struct {
		const char *line, *value;
	} rows[] = {
		{ "T_A=plain", "plain" },
		{ "  T_A = with blanks \t", "with blanks" },
		{ "export T_A=exported", "exported" },
		{ "export   T_A=exported", "exported" },
		{ "T_A=a=b=c", "a=b=c" },
		{ "T_A=windows\r", "windows" },
		{ "T_A=x # comment", "x" },
		{ "T_A=x\t# comment", "x" },
		{ "T_A=x#y", "x#y" },
		{ "T_A=#starts", "#starts" },
		{ "T_A=\"a # b\"", "a # b" },
		{ "T_A=\"a\" # b", "a" },
		{ "T_A=\"a\"\r", "a" },
		{ "T_A=' a '", " a " },
		{ "T_A=\" a \"", " a " },
		{ "T_A=\"a\\nb\\tc\\\"d\\\\e\"", "a\nb\tc\"d\\e" },
		{ "T_A='a\\nb\"'", "a\\nb\"" },
		{ "T_A=$HOME", "$HOME" },
		{ "T_A=\"${HOME}\"", "${HOME}" },
		{ "T_A=it's", "it's" },
		{ "T_A=\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac" },
		{ "T_A=first\nT_A=second", "second" },
		{ "# T_A=no\n\n   \nT_A=yes\n", "yes" },
		{ "T_A=last line without end", "last line without end" },
	};
	struct err err;

	(void)state;
	unsetenv("T_A");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct env *e = load(rows[i].line, &err);

		if (e == NULL)
			fail_msg("row %zu: %s", i, err.text);
		assert_non_null(env_get(e, "T_A"));
		assert_string_equal(env_get(e, "T_A"), rows[i].value);
		env_free(e);
	}
}

static void
empty_value_is_unset(void **state)
{
	static const char *const lines[] = { "T_A=", "T_A=  ", "T_A=\"\"", "T_A=''", "T_A= # none",
		"T_A=before\nT_A=", "T_B=other", "", "# T_A=x" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct env *e = load(lines[i], &err);

		assert_non_null(e);
		assert_null(env_get(e, "T_A"));
		env_free(e);
	}
}

static void
bad_line_is_named_by_number_and_never_shown(void **state)
{
	static const char *const lines[] = { "hunter2", "T_A=\"hunter2", "T_A='hunter2",
		"T_A=\"x\" hunter2", "T_A='x'hunter2", "1hunter2=x", "hunter2-x=1", "=hunter2",
		"hunter2 x=1", "export hunter2", "T_A=\"hunter2\\\"" };
	char text[128];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "T_A=x\n# comment\n%s\nT_B=y\n", lines[i]);
		assert_null(load(text, &err));
		if (strstr(err.text, "line 3") == NULL || strstr(err.text, "hunter2") != NULL)
			fail_msg("row %zu: %s", i, err.text);
		assert_non_null(strstr(err.text, ".env"));
	}
}

static void
nul_byte_is_refused(void **state)
{
	struct env *e;
	struct err err;

	(void)state;
	put_file(".env", "T_A=x\0y\n", 8);
	assert_int_equal(env_load(in_folder(".env"), 1, &e, &err), -1);
	assert_null(e);
	assert_non_null(strstr(err.text, "NUL"));
}

static void
file_over_a_mebibyte_is_refused(void **state)
{
	size_t n = ((size_t)1 << 20) + 1;
	char *text = malloc(n);
	struct env *e;
	struct err err;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', n);
	put_file(".env", text, n - 1);
	assert_int_equal(env_load(in_folder(".env"), 1, &e, &err), 0);
	env_free(e);
	put_file(".env", text, n);
	assert_int_equal(env_load(in_folder(".env"), 1, &e, &err), -1);
	free(text);
}

static void
missing_file_is_empty_unless_it_must_be(void **state)
{
	struct env *e;
	struct err err;

	(void)state;
	assert_int_equal(env_load(in_folder("none"), 0, &e, &err), 0);
	assert_null(env_get(e, "T_A"));
	env_free(e);
	assert_int_equal(env_load(in_folder("none"), 1, &e, &err), -1);
	assert_null(e);
	assert_non_null(strstr(err.text, "none"));
	assert_int_equal(env_load(folder, 0, &e, &err), -1);	/* a folder is no file */
	env_free(NULL);
}

static void
environment_wins_when_not_empty(void **state)
{
	struct err err;
	struct env *e = load("T_A=file\n", &err);

	(void)state;
	assert_non_null(e);
	setenv("T_A", "environment", 1);
	assert_string_equal(env_get(e, "T_A"), "environment");
	setenv("T_A", "", 1);
	assert_string_equal(env_get(e, "T_A"), "file");
	setenv("T_B", "alone", 1);
	assert_string_equal(env_get(e, "T_B"), "alone");
	unsetenv("T_A");
	unsetenv("T_B");
	env_free(e);
}

static void
assert_path(const struct env *e, const char *fallback, const char *expected)
{
	char *path = env_path(e, "T_P", fallback);

	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

static void
path_is_relative_to_the_file_that_says_it(void **state)
{
	struct err err;
	struct env *e = load("T_P=data/x\n", &err);

	(void)state;
	unsetenv("T_P");
	assert_path(e, "fallback", in_folder("data/x"));
	setenv("T_P", "data/y", 1);
	assert_path(e, "fallback", "data/y");
	unsetenv("T_P");
	env_free(e);
	e = load("T_P=/absolute\n", &err);
	assert_path(e, NULL, "/absolute");
	env_free(e);
	e = load("", &err);
	assert_path(e, "./data", "./data");
	assert_null(env_path(e, "T_P", NULL));
	env_free(e);
}

static void
path_of_a_file_in_the_working_directory_stays_relative(void **state)
{
	char before[4096];
	struct env *e;
	struct err err;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	put_file(".env", "T_P=data\n", 9);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(env_load(".env", 1, &e, &err), 0);
	assert_path(e, NULL, "data");
	env_free(e);
	assert_int_equal(chdir(before), 0);
}

static void
path_that_is_too_long_is_null(void **state)
{
	char text[8192], *path;
	struct err err;
	struct env *e;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "T_P=", 4);
	text[sizeof(text) - 1] = '\0';
	assert_non_null(e = load(text, &err));
	path = env_path(e, "T_P", "fallback");
	assert_null(path);
	env_free(e);
}

static void
collect(void *arg, const char *name)
{
	strcat(arg, name);
	strcat(arg, " ");
}

static void
each_name_is_given_in_order(void **state)
{
	struct err err;
	struct env *e = load("T_C=1\nexport T_A=2\n#T_X=3\nT_C=\n", &err);
	char names[64] = "";

	(void)state;
	assert_non_null(e);
	env_each(e, collect, names);
	assert_string_equal(names, "T_C T_A T_C ");
	env_free(e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(value_is_read_as_written),
		TEST(empty_value_is_unset),
		TEST(bad_line_is_named_by_number_and_never_shown),
		TEST(nul_byte_is_refused),
		TEST(file_over_a_mebibyte_is_refused),
		TEST(missing_file_is_empty_unless_it_must_be),
		TEST(environment_wins_when_not_empty),
		TEST(path_is_relative_to_the_file_that_says_it),
		TEST(path_of_a_file_in_the_working_directory_stays_relative),
		TEST(path_that_is_too_long_is_null),
		TEST(each_name_is_given_in_order),
	};

	return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
