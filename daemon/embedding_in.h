/*
 * embedding_in.h - what the files of embedding.h share among themselves.
 */

#ifndef EMBEDDING_IN_H
#define EMBEDDING_IN_H

#include "daemon.h"
#include "embed_cache.h"
#include "embed_pace.h"
#include "embedding.h"
#include "fetch.h"
#include "lane.h"

/* A service is a provider and a model: what has a quota. */
struct embed_service_state {
	struct embed_service_state *next;
	char provider[16], model[64];
	struct embed_pace pace;
};

/*
 * One request: the texts from `first` on of a job.  It goes from the loop to the lane (its body is
 * written), back, out and in through fetch.h, to the lane (its answer is parsed), and back.  Whoever
 * has it touches it alone.
 */
struct embed_batch {
	struct lane_job lane;
	struct embed_batch *next;	/* in `back`, in `sent` or in its job's `again` */
	struct embedding *em;
	struct embed_job *job;
	struct embed_service_state *service;
	size_t first, n;
	bool answered;			/* the lane parses, and does not build */
	struct embed_request request;
	struct fetch fetch;
	uint64_t began;			/* metrics_clock when it went out */

	int rc;				/* as embedder_reply's, and its other results */
	struct err err;
	struct embed_again again;
	float *rows;
	size_t dim;

	unsigned tries;			/* that failed */
	unsigned limited;		/* that were too many texts a minute */
	int64_t not_before;
};

struct embedding {
	struct daemon *d;
	struct lane *lane;
	struct embed_cache *cache;
	uv_mutex_t lock;		/* guards these */
	struct embed_job *inbox;	/* newest first; [lock] */
	struct embed_batch *back;	/* from the lane; [lock] */
	bool serving;			/* `wake` may be used; [lock] */
	bool stopped;			/* no more jobs are taken; [lock] */
	size_t held;			/* bytes of texts and vectors in jobs; [lock] */

	/* the loop's */
	uv_async_t wake;
	uv_timer_t timer;		/* something may go out then */
	struct fetcher *fetcher;
	struct embed_job *jobs;		/* the first is the next to send something */
	struct embed_batch *sent;	/* with the fetcher */
	struct embed_service_state *services;
	unsigned flying;		/* batches between their making and their settling */
	bool ending, closed;
};

/* Bytes that a job holds, at its most. */
size_t embed_job_weight(const struct embed_job *job);

/* embedding_batch.c, on the lane: the body, or the vectors and the cache; then back to the loop. */
void embed_batch_run(void *arg, struct lane_job *job);
void embed_batch_free(struct embed_batch *b);

/* embedding.c, from the lane: to the loop. */
void embedding_back(struct embedding *em, struct embed_batch *b);

/* embedding_loop.c, on the loop: take what came in and back, send what may go, finish what is done. */
void embedding_turn(struct embedding *em);

/* embedding_loop.c: fail a job, unless it has failed; what waits to be tried again is dropped. */
void embedding_fail(struct embed_job *job, int rc, const char *sentence);

/* embedding_loop.c: a request has come to its end with b->rc; takes it. */
void embedding_settle(struct embedding *em, struct embed_batch *b);

/* embedding_send.c: the body is there, send it; and: make requests of what may go out now. */
void embedding_launch(struct embedding *em, struct embed_batch *b);
void embedding_send(struct embedding *em);

/* Milliseconds of a clock that only goes forward. */
int64_t embedding_clock(void);

#endif
