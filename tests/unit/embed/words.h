/*
 * words.h - a small table of words for the tests of the embedder words.
 */

#ifndef TEST_WORDS_H
#define TEST_WORDS_H

#include "base/folder.h"
#include "embed.h"
#include "words_import.h"
#include "words_table.h"

/* Words of four directions: animals, vehicles, food, and what all have in common. */
static const char small_words[] =
    "the 0.2 0.1 0.1 0.9\n"
    "and 0.1 0.2 0.1 0.9\n"
    "cat 0.9 0.0 0.1 0.3\n"
    "kitten 0.85 0.05 0.1 0.35\n"
    "car 0.0 0.9 0.1 0.3\n"
    "automobile 0.05 0.88 0.0 0.3\n"
    "bread 0.1 0.0 0.9 0.3\n"
    "loaf 0.05 0.1 0.85 0.35\n";

/* Import `n` bytes as the table `name` of the test's folder. */
static inline int
import_bytes(const char *text, size_t n, const char *name, struct words_imported *out,
    struct err *err)
{
	FILE *f = tmpfile();
	int rc;

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	rewind(f);
	rc = words_import(f, "the file", folder, name, out, err);
	fclose(f);
	return rc;
}

/* The same of a string, which must work. */
static inline struct words_imported
import_text(const char *text, const char *name)
{
	struct words_imported out;
	struct err err = { 0 };

	if (import_bytes(text, strlen(text), name, &out, &err) != 0)
		fail_msg("%s", err.text);
	return out;
}

static inline struct words_table *
open_table(const char *name)
{
	struct words_table *t = NULL;
	struct err err = { 0 };
	char path[256];

	assert_int_equal(words_path(folder, name, path, sizeof(path), &err), 0);
	if (words_table_open(path, &t, &err) != 0)
		fail_msg("%s", err.text);
	return t;
}

#endif
