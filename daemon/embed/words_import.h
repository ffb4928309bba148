/*
 * words_import.h - a text file of word vectors made into a table in the data folder.
 */

#ifndef EMBED_WORDS_IMPORT_H
#define EMBED_WORDS_IMPORT_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"

struct words_imported {
	uint64_t read;		/* words in the file */
	uint64_t kept;		/* in the table */
	uint64_t twice;		/* that fold to a word before them */
	uint64_t unfit;		/* that no text holds: punctuation, phrases, all numbers zero */
	uint64_t odd;		/* that are not UTF-8 */
	uint32_t dim;
	size_t bytes;		/* of the table */
	char path[4096];
};

/*
 * Read words from `f`, called `what` in sentences (words_read.h says how they are written), and put
 * the table into FOLDER/words/NAME.words, which is replaced in one step.  Two words that texts fold to
 * one, as "Apple" and "apple" are, become the more frequent of them.  Memory for up to three times the
 * table is needed.  0, or a failure, and then what was there before is there still.
 */
int words_import(FILE *f, const char *what, const char *folder, const char *name,
    struct words_imported *out, struct err *err);

#endif
