/*
 * embedding_batch.c - one request, on the lane.
 *
 * An answer of 100 vectors takes some hundred milliseconds to parse, which is too long for the loop.
 */

#include <stdlib.h>
#include <string.h>

#include "embedding_in.h"

void
embed_batch_free(struct embed_batch *b)
{
	if (b == NULL)
		return;
	embed_request_fini(&b->request);
	buf_fini(&b->fetch.answer);
	free(b->rows);
	free(b);
}

static void
build(struct embed_batch *b)
{
	b->rc = embedder_request(b->job->embedder, b->job->purpose, b->job->texts + b->first, b->n,
	    &b->request, &b->err);
}

/* The vectors, kept at once. */
static void
parse(struct embed_batch *b)
{
	const struct embed_job *job = b->job;
	struct embed_reply r = { b->fetch.status, b->fetch.retry_after, b->fetch.answer.p,
		b->fetch.answer.len };

	b->rc = embedder_reply(job->embedder, &r, b->n, &b->rows, &b->dim, &b->again, &b->err);
	if (b->rc != 0 || b->dim != embedder_identity(job->embedder)->dim)
		return;		/* a first question about the dim is nobody's text */
	for (size_t i = 0; i < b->n; i++)
		embed_cache_put(b->em->cache, &job->keys[b->first + i], b->rows + i * b->dim, b->dim);
}

void
embed_batch_run(void *arg, struct lane_job *lane)
{
	struct embed_batch *b = (struct embed_batch *)(void *)lane;

	if (b->answered)
		parse(b);
	else
		build(b);
	embedding_back(arg, b);
}
