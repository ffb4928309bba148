/*
 * feed.h - where a command's items come from: its words, or a descriptor piece by piece.
 *
 * The descriptor, mostly standard input, is read without waiting for more than there is, so that
 * `tail -f` feeds at once.  Its records are lines, or end in NUL, or are all of one size.
 */

#ifndef COOLVEC_FEED_H
#define COOLVEC_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct feed {
	char **words;		/* the words left; NULL: the descriptor */
	int fd;
	int nwords;
	const char *unit;	/* what a place is called; NULL: there is only one */
	const char *name;	/* of the input, for sentences */
	char end;		/* LF or NUL ends a record */
	bool ended;		/* nothing more comes */
	bool skipping;		/* inside a record that is too long */
	int failed;		/* errno of a read; 0: none */
	const char *broken;	/* what is wrong behind the last record; NULL: nothing */
	uint64_t place;		/* of the last record, from 1 */
	uint64_t bytes;		/* of the input, that records were taken from */
	uint64_t total;		/* bytes of the input, 0: not known */
	size_t max;		/* bytes of a record */
	size_t size;		/* of every record; 0: they have an end */
	uint64_t left;		/* records of that size that may still come */
	char head[4];		/* how every record of that size begins, when it has a head */
	bool has_head;
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

/*
 * A feed of `fd`, which stays the caller's; `name` is kept.  `total` is the size of what comes.
 * feed_lines: as standard input is read.  feed_blocks: `n` records of `size` bytes (UINT64_MAX: as
 * many as come), each of which begins with the 4 bytes at `head` (NULL: with anything); they are
 * given whole.  What does not fit into this ends the feed, and f->broken says why.
 */
void feed_lines(struct feed *f, int fd, const char *name, char end, size_t max);
void feed_blocks(struct feed *f, int fd, const char *name, size_t size, uint64_t n,
    const char *head);
void feed_fini(struct feed *f);

/* The next record; FEED_WAIT: poll f->fd, then feed_fill. */
enum feed_rc feed_next(struct feed *f, struct record *r);

/* Read what is there. */
void feed_fill(struct feed *f);

#endif
