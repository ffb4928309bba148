/*
 * test_sock.c - where the socket is, and which folders are not trusted.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sock.h"

static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coolvec-sock-%d", (int)getpid());
	return mkdir(folder, 0700);
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void
a_given_path_is_taken_as_it_is(void **state)
{
	char path[108];

	(void)state;
	assert_int_equal(sock_path("somewhere/else", false, path, sizeof(path), NULL), 0);
	assert_string_equal(path, "somewhere/else");
}

static void
the_runtime_folder_is_the_default(void **state)
{
	char path[108], expected[128];

	(void)state;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	snprintf(expected, sizeof(expected), "%s/coolvec/coolvecd.sock", folder);
	assert_int_equal(sock_path(NULL, false, path, sizeof(path), NULL), 0);
	assert_string_equal(path, expected);
	assert_int_equal(sock_path("", false, path, sizeof(path), NULL), 0);
	assert_string_equal(path, expected);
}

static void
the_folder_is_made_for_its_owner_alone_when_asked(void **state)
{
	char path[108], inner[128];
	struct stat st;

	(void)state;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	snprintf(inner, sizeof(inner), "%s/coolvec", folder);
	assert_int_not_equal(stat(inner, &st), 0);
	assert_int_equal(sock_path(NULL, true, path, sizeof(path), NULL), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	rmdir(inner);
}

static void
a_folder_that_others_may_write_is_refused(void **state)
{
	char path[108], inner[128];
	struct err err;

	(void)state;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	snprintf(inner, sizeof(inner), "%s/coolvec", folder);
	mkdir(inner, 0700);
	chmod(inner, 0777);
	assert_int_equal(sock_path(NULL, false, path, sizeof(path), &err), -1);
	assert_non_null(strstr(err.text, "can be written by others"));
	rmdir(inner);
}

static void
a_link_in_place_of_the_folder_is_refused(void **state)
{
	char path[108], inner[128];
	struct err err;

	(void)state;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	snprintf(inner, sizeof(inner), "%s/coolvec", folder);
	assert_int_equal(symlink("/tmp", inner), 0);
	assert_int_equal(sock_path(NULL, true, path, sizeof(path), &err), -1);
	assert_non_null(strstr(err.text, "is not a folder"));
	unlink(inner);
}

static void
a_path_too_long_for_a_socket_is_refused(void **state)
{
	char given[200], path[256];

	(void)state;
	memset(given, 'x', sizeof(given) - 1);
	given[sizeof(given) - 1] = '\0';
	assert_int_equal(sock_path(given, false, path, sizeof(path), NULL), -1);
	given[108] = '\0';
	assert_int_equal(sock_path(given, false, path, sizeof(path), NULL), -1);
	given[107] = '\0';
	assert_int_equal(sock_path(given, false, path, sizeof(path), NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_given_path_is_taken_as_it_is),
		cmocka_unit_test(the_runtime_folder_is_the_default),
		cmocka_unit_test(the_folder_is_made_for_its_owner_alone_when_asked),
		cmocka_unit_test(a_folder_that_others_may_write_is_refused),
		cmocka_unit_test(a_link_in_place_of_the_folder_is_refused),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_refused),
	};

	return cmocka_run_group_tests_name("sock", tests, make_folder, remove_folder);
}
