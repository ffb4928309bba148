/*
 * words_read.h - word vectors from a text file: word2vec's, GloVe's and fastText's format.
 *
 * A line is a word and then its numbers, with blanks between them; the most frequent word comes
 * first.  The first line may be "count dim" instead, and is then held against the rest.  A word may
 * be any bytes, blanks among them: the last `dim` fields of a line are its numbers.
 */

#ifndef EMBED_WORDS_READ_H
#define EMBED_WORDS_READ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"
#include "words_table.h"

struct words_reader {
	FILE *f;
	const char *what;	/* the file, for sentences */
	uint64_t line_no;	/* of the last line read */
	uint64_t n;		/* words so far */
	uint64_t promised;	/* by the first line; 0: nothing was */
	uint32_t dim;		/* 0: not known yet */
	char *line;
	size_t room;

	const char *word;	/* of the last line, `len` bytes; good until the next */
	size_t len;
	float x[WORDS_DIM_MAX];	/* dim finite numbers */
};

/* Start reading; `f` and `what` are borrowed. */
void words_reader_init(struct words_reader *r, FILE *f, const char *what);
void words_reader_fini(struct words_reader *r);

/*
 * The next word.  1: there is one; 0: there are no more; or EMBED_EINVAL and what is wrong in which
 * line.
 */
int words_reader_next(struct words_reader *r, struct err *err);

#endif
