/*
 * folder.h - a temporary folder for each test of a file, removed with what is in it.
 */

#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

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

#include "err.h"
#include "file.h"

static char folder[64];		/* of the running test */

/* `name` in the folder; good until the fourth call after this one. */
static inline const char *
in_folder(const char *name)
{
	static char path[4][256];
	static unsigned n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", folder, name);
	return path[n];
}

static inline int
folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coolvec-test-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int
folder_remove(void **state)
{
	struct err err;

	(void)state;
	return file_remove_tree(folder, &err);
}

/* A file of the folder with these bytes in it. */
static inline void
put_file(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(in_folder(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The permission bits of a file or folder. */
static inline unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

#endif
