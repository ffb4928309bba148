/*
 * embed_job.h - texts on their way to a service, and their vectors.
 *
 * A text is known by its key: a hash over the embedder's identity, the purpose and the text.  A job
 * holds each key once, however often the text stood in the request, with a copy of the text, and in
 * the end its vector.  Whoever made it fills it; then it is the service's (embedding.c), on the loop,
 * until it comes back by `done`; then its maker looks vectors up in it by their keys.
 */

#ifndef EMBED_JOB_H
#define EMBED_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "embed.h"
#include "sha256.h"

struct embed_batch;

struct embed_key {
	unsigned char b[SHA256_LEN];
};

struct embed_job {
	struct embed_job *next;
	struct embedder *embedder;	/* held */
	enum embed_purpose purpose;
	size_t n, room;
	struct embed_text *texts;	/* p is malloc'ed, each */
	struct embed_key *keys;
	uint32_t *table;		/* of 2 * room places: number + 1, by key; 0: empty */
	size_t ntable;
	size_t bytes;			/* of the texts */

	void (*done)(struct embed_job *job);
	void *arg;			/* the maker's */
	const atomic_bool *gone;	/* nobody waits any more; NULL: somebody always does */

	float *rows;			/* n rows of dim floats, when rc is 0 */
	size_t dim;
	int rc;				/* 0 or EMBED_E*, with its sentence */
	struct err err;

	/* the loop's */
	size_t given;			/* texts that are in a batch or done */
	size_t have;			/* that have their vector */
	size_t out;			/* batches under way */
	struct embed_batch *again;	/* batches that wait to be tried again */
};

/* The key of a text. */
void embed_key(const struct embedder *e, enum embed_purpose purpose, const struct embed_text *t,
    struct embed_key *out);

/* A job for at most `room` texts.  NULL: no memory. */
struct embed_job *embed_job_new(struct embedder *e, enum embed_purpose purpose, size_t room);

/* The texts and the whole job; NULL is fine. */
void embed_job_free(struct embed_job *job);

/* Add a copy of the text unless its key is there.  0, or -1: no memory. */
int embed_job_add(struct embed_job *job, const struct embed_text *t, const struct embed_key *key);

/* The number of the text with that key, or SIZE_MAX. */
size_t embed_job_find(const struct embed_job *job, const struct embed_key *key);

/* Its vector, in this job or in one after it by `next`; NULL: in none.  Borrowed. */
const float *embed_job_vector(const struct embed_job *jobs, const struct embed_key *key, size_t dim);

#endif
