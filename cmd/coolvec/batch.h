/*
 * batch.h - many items to the daemon, a batch at a time.
 *
 * add, embed, get, delete and similarity are all this: take records from a feed, make each an item,
 * send what has come together, print the answers in order.  One batch (or several, for reads) is
 * with the daemon while the next is read.  A batch goes when it is full, and also when no more
 * input came for a moment.
 *
 * Bad items are told on standard error, left out, and the rest is sent.  A lost connection is made
 * anew and the batch repeated: a change under its request_id, so that it happens once.
 */

#ifndef COOLVEC_BATCH_H
#define COOLVEC_BATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app.h"
#include "feed.h"
#include "progress.h"
#include "wire.h"

#define BATCH_ITEMS 500
#define BATCH_ITEMS_MAX 4000
#define BATCH_BYTES ((size_t)256 << 10)
#define BATCH_WINDOW 16

struct batch {
	json_t *items;		/* array */
	size_t n;
	size_t bytes;
	char request_id[REQUEST_ID_LEN + 1];
	int repeats;		/* because the daemon was busy or did not know */
	int resends;		/* because the connection was lost */
	uint64_t places[];	/* of the items; room for as many as the job says */
};

struct batch_run;

struct batch_job {
	const char *op;
	const char *verb;	/* past tense, for progress and Ctrl-C */
	size_t items;		/* in a batch, at most BATCH_ITEMS_MAX */
	size_t bytes;		/* of records in a batch; 0: BATCH_BYTES */
	size_t window;		/* batches on the way, at most BATCH_WINDOW; 1 to keep order */
	bool change;		/* has a request_id */
	bool by_id;		/* the items are ids: not_found is about one of them */
	enum progress_when progress;
	/* A record as an item, or NULL and why not. */
	json_t *(*item)(void *arg, const struct record *r, char *why, size_t nwhy);
	/* The request's args for the batch.  NULL: no memory. */
	json_t *(*args)(void *arg, const struct batch *b);
	/* Print an answer; calls batch_done, and batch_bad for what was not there. */
	void (*answer)(void *arg, struct batch_run *run, const struct batch *b, json_t *result);
	void *arg;
};

/* Run it to the end of the feed.  Returns the exit status. */
int batch_run(struct app *app, const struct batch_job *job, struct feed *feed);

/* So many items were done. */
void batch_done(struct batch_run *run, size_t n);

/* An item was not; `place` 0 when its place does not matter. */
void batch_bad(struct batch_run *run, uint64_t place, int status, const char *reason);

/* An item that is a text; an item that is an id.  For batch_job.item; `arg` is not looked at. */
json_t *batch_text(void *arg, const struct record *r, char *why, size_t nwhy);
json_t *batch_id(void *arg, const struct record *r, char *why, size_t nwhy);

#endif
