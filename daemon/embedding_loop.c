/*
 * embedding_loop.c - jobs and the ends of their requests, on the loop.
 *
 * A request that failed for the moment is tried five times more: after the time that the service
 * named, else after half a second, one, two, four and eight, each shortened by chance up to a half so
 * that many do not come back together.  What was too many texts a minute waits for its minute and
 * does not count as a failure, within bounds.  What fails for good fails its job; requests of the job
 * that are under way are still waited for, as what they bring is kept.
 */

#include <stdlib.h>
#include <string.h>

#include "embedding_in.h"
#include "file.h"
#include "log.h"

#define TRIES_MAX 5		/* after the first */
#define LIMITED_MAX 10		/* in a row, of one request */
#define BACKOFF_MS 500
#define PATIENCE_MS 120000	/* a service that wants us to wait longer is not waited for */

int64_t
embedding_clock(void)
{
	return (int64_t)(metrics_clock() / 1000000);
}

/* --- jobs -------------------------------------------------------------------------------------- */

void
embedding_fail(struct embed_job *job, int rc, const char *sentence)
{
	struct embed_batch *next;

	for (struct embed_batch *b = job->again; b != NULL; b = next) {
		next = b->next;
		embed_batch_free(b);
	}
	job->again = NULL;
	if (job->rc != 0)
		return;
	job->rc = rc;
	err_set(&job->err, rc, "%s", sentence);
}

/* A sentence about many texts says how far it came. */
static void
say_how_far(struct embed_job *job)
{
	struct err was = job->err;

	if (job->n > 1)
		err_set(&job->err, was.code, "%.180s; %zu of %zu texts are embedded and kept, %zu are not",
		    was.text, job->have, job->n, job->n - job->have);
}

static bool
is_done(const struct embed_job *job)
{
	return job->out == 0 && (job->rc != 0 || job->have == job->n);
}

/* Give back the jobs that are done. */
static void
finish_jobs(struct embedding *em)
{
	struct embed_job **at = &em->jobs, *job;

	while ((job = *at) != NULL) {
		if (!is_done(job)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = NULL;
		if (job->rc != 0)
			say_how_far(job);
		uv_mutex_lock(&em->lock);
		em->held -= embed_job_weight(job);
		uv_mutex_unlock(&em->lock);
		job->done(job);
	}
}

static void
cancel(struct embedding *em, struct embed_job *job, const char *why)
{
	struct embed_batch **at = &em->sent, *b;

	embedding_fail(job, EMBED_EUNAVAILABLE, why);
	while ((b = *at) != NULL) {
		if (b->job != job) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		fetch_cancel(&b->fetch);
		embed_batch_free(b);
		job->out--;
		em->flying--;
	}
}

/* --- the end of a request ---------------------------------------------------------------------- */

static int64_t
backoff(unsigned tries)
{
	int64_t most = (int64_t)BACKOFF_MS << (tries - 1);
	uint32_t chance;

	file_random(&chance, sizeof(chance));
	return most / 2 + (int64_t)(chance % (uint32_t)(most / 2 + 1));
}

/* Later, or never: 0 and the time to wait, or a failure. */
static int
next_try(struct embed_batch *b, int64_t now, int64_t *wait)
{
	bool asked = b->again.wait_ms >= 0;

	if (b->again.limited) {
		b->limited++;
		embed_pace_refused(&b->service->pace, now, b->n, b->again.wait_ms, b->again.per_minute);
	} else {
		b->tries++;
	}
	if (b->tries > TRIES_MAX)
		return EMBED_EUNAVAILABLE;
	if (b->limited > LIMITED_MAX || b->again.wait_ms > PATIENCE_MS)
		return b->fetch.status == 429 ? EMBED_ERATE : EMBED_EUNAVAILABLE;
	*wait = asked ? b->again.wait_ms : backoff(b->tries > 0 ? b->tries : 1);
	return 0;
}

static void
retry(struct embed_batch *b)
{
	struct embed_job *job = b->job;
	int64_t now = embedding_clock(), wait = 0;
	int rc = next_try(b, now, &wait);

	if (rc != 0 || job->rc != 0) {
		if (rc != 0)
			embedding_fail(job, b->fetch.status == 429 ? EMBED_ERATE : rc, b->err.text);
		embed_batch_free(b);
		return;
	}
	log_debug("embedder %s answered with status %ld: %zu texts are tried again in %lld ms",
	    b->service->provider, b->fetch.status, b->n, (long long)wait);
	embed_request_fini(&b->request);
	buf_fini(&b->fetch.answer);
	b->answered = false;
	b->not_before = now + wait;
	b->next = job->again;
	job->again = b;
}

static void
count(struct embedding *em, const struct embed_batch *b)
{
	struct metrics *m = &em->d->metrics;

	if (b->began == 0)
		return;		/* it was never sent */
	metrics_time(&m->embed, b->began);
	if (b->rc == 0)
		atomic_fetch_add(&m->texts, b->n);
	else
		atomic_fetch_add(&m->embed_errors, 1);
}

/* A request has come to its end, one way or another. */
void
embedding_settle(struct embedding *em, struct embed_batch *b)
{
	struct embed_job *job = b->job;

	em->flying--;
	job->out--;
	count(em, b);
	if (b->rc == EMBED_EAGAIN) {
		retry(b);
		return;
	}
	if (b->rc == 0 && job->rows == NULL) {
		job->dim = b->dim;
		job->rows = calloc(job->n * b->dim, sizeof(*job->rows));
	}
	if (b->rc != 0) {
		embedding_fail(job, b->rc, b->err.text);
		log_debug("embedder %s failed with status %ld", b->service->provider, b->fetch.status);
	} else if (job->rows == NULL) {
		embedding_fail(job, EMBED_ENOMEM, "no memory for vectors");
	} else {
		memcpy(job->rows + b->first * job->dim, b->rows, b->n * job->dim * sizeof(*b->rows));
		job->have += b->n;
	}
	embed_batch_free(b);
}

/* --- a turn ------------------------------------------------------------------------------------ */

static void
take_in(struct embedding *em)
{
	struct embed_job *in, *next, **last = &em->jobs;
	struct embed_batch *back, *following;

	uv_mutex_lock(&em->lock);
	in = em->inbox;
	em->inbox = NULL;
	back = em->back;
	em->back = NULL;
	uv_mutex_unlock(&em->lock);
	while (*last != NULL)
		last = &(*last)->next;
	for (; in != NULL; in = next) {		/* newest first: each goes before the last one */
		next = in->next;
		in->next = *last;
		*last = in;
	}
	for (; back != NULL; back = following) {
		following = back->next;
		if (back->answered)
			embedding_settle(em, back);
		else
			embedding_launch(em, back);
	}
}

static void
sweep(struct embedding *em)
{
	for (struct embed_job *job = em->jobs; job != NULL; job = job->next)
		if (em->ending)
			cancel(em, job, "the daemon is stopping");
		else if (job->gone != NULL && atomic_load(job->gone))
			cancel(em, job, "nobody waits for it any more");
}

/* Nothing is with the lane or the fetcher any more, and nothing will come. */
static void
close_handles(struct embedding *em)
{
	uv_mutex_lock(&em->lock);
	em->serving = false;
	uv_mutex_unlock(&em->lock);
	em->closed = true;
	fetcher_free(em->fetcher);
	em->fetcher = NULL;
	uv_close((uv_handle_t *)&em->wake, NULL);
	uv_close((uv_handle_t *)&em->timer, NULL);
}

void
embedding_turn(struct embedding *em)
{
	take_in(em);
	sweep(em);
	if (!em->ending)
		embedding_send(em);
	finish_jobs(em);
	if (em->ending && em->flying == 0 && !em->closed)
		close_handles(em);
}
