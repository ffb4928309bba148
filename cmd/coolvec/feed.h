/*
 * feed.h - where a command's items come from: its words, or standard input piece by piece.
 *
 * Standard input is read without waiting for more than there is, so that `tail -f` feeds at once.
 */

#ifndef COOLVEC_FEED_H
#define COOLVEC_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct feed {
	char **words;		/* the words left; NULL: standard input */
	int nwords;
	const char *unit;	/* what a place is called; NULL: there is only one */
	char end;		/* LF or NUL ends a record */
	bool ended;		/* nothing more comes */
	bool skipping;		/* inside a record that is too long */
	int failed;		/* errno of a read; 0: none */
	uint64_t place;		/* of the last record, from 1 */
	uint64_t bytes;		/* of the input, that records were taken from */
	uint64_t total;		/* bytes of the input, 0: not known */
	size_t max;		/* bytes of a record */
	size_t scanned;		/* bytes of buf known to hold no end */
	size_t used;		/* bytes at the front of buf that were given out */
	struct buf buf;
};

struct record {
	const char *p;		/* until the next feed_next or feed_fill */
	size_t n;
	uint64_t place;
	bool too_long;		/* p is NULL then */
};

enum feed_rc { FEED_RECORD, FEED_WAIT, FEED_END };

/* A feed of words, or of standard input with records of at most `max` bytes. */
void feed_words(struct feed *f, char **words, int nwords);
void feed_stdin(struct feed *f, char end, size_t max);
void feed_fini(struct feed *f);

/* The next record; FEED_WAIT: poll standard input, then feed_fill. */
enum feed_rc feed_next(struct feed *f, struct record *r);

/* Read what is there. */
void feed_fill(struct feed *f);

#endif
