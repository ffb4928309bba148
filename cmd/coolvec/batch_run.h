/*
 * batch_run.h - a run of batch.h between its files: batch.c reads and waits, batch_send.c talks to
 * the daemon.
 */

#ifndef COOLVEC_BATCH_RUN_H
#define COOLVEC_BATCH_RUN_H

#include "batch.h"

struct batch_run {
	struct app *app;
	const struct batch_job *job;
	struct feed *feed;
	struct batch *next;		/* is being filled */
	struct batch *sent[BATCH_WINDOW];	/* oldest first */
	size_t nsent;
	bool ended;			/* the feed has */
	bool stopped;			/* by a failure */
	int status;			/* of the failure, or of the first bad item */
	uint64_t done, bad;
	int interrupt;			/* a descriptor */
};

/* A new batch with a request_id of its own; NULL, and the run is stopped: no memory. */
struct batch *batch_new(struct batch_run *run);
void batch_free(struct batch *b);

/* End the run with this status; what failed has been said. */
void batch_stop(struct batch_run *run, int status);

/* Send a batch; takes it. */
void batch_send(struct batch_run *run, struct batch *b);

/* Take the oldest answer that is owed, and what follows from it. */
void batch_receive(struct batch_run *run);

/* Say which items may have been stored or not, because their answer was not had. */
void batch_say_open(const struct batch_run *run);

#endif
