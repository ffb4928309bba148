/*
 * embedding_send.c - what goes out when, on the loop.
 *
 * Jobs stand in a ring and each sends one request in turn, so that a search waits behind one request
 * of a large batch and not behind all of them.  At most so many requests are under way at once.
 */

#include <stdlib.h>
#include <string.h>

#include "embedding_in.h"

static struct embed_service_state *
service_of(struct embedding *em, const struct embed_job *job)
{
	const struct embed_identity *is = embedder_identity(job->embedder);
	struct embed_service_state *s;

	for (s = em->services; s != NULL; s = s->next)
		if (strcmp(s->provider, is->provider) == 0 && strcmp(s->model, is->model) == 0)
			return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	memcpy(s->provider, is->provider, sizeof(s->provider));
	memcpy(s->model, is->model, sizeof(s->model));
	s->pace.setting = (uint32_t)em->d->settings->embed_per_minute;
	s->next = em->services;
	em->services = s;
	return s;
}

static void
on_fetched(struct fetch *f)
{
	struct embed_batch *b = f->arg, **at;
	struct embedding *em = b->em;

	for (at = &em->sent; *at != b; at = &(*at)->next)
		;
	*at = b->next;
	b->answered = true;
	if (f->rc != 0) {
		b->rc = err_set(&b->err, EMBED_EUNAVAILABLE, "embedder %s %.200s", b->service->provider,
		    f->err.text);
		embedding_settle(em, b);
		embedding_turn(em);
	} else if (!lane_push(em->lane, &b->lane)) {
		b->rc = err_set(&b->err, EMBED_EUNAVAILABLE, "the daemon is stopping");
		embedding_settle(em, b);
		embedding_turn(em);
	}
}

/* The body is there. */
void
embedding_launch(struct embedding *em, struct embed_batch *b)
{
	struct fetch *f = &b->fetch;

	if (b->rc == 0 && b->job->rc != 0)
		b->rc = err_set(&b->err, EMBED_EUNAVAILABLE, "it failed elsewhere");
	if (b->rc != 0) {
		embedding_settle(em, b);
		return;
	}
	*f = (struct fetch){ .url = b->request.url, .header = b->request.header,
		.nheaders = EMBED_HEADERS, .body = b->request.body.p, .nbody = b->request.body.len,
		.done = on_fetched, .arg = b, .answer = { .max = EMBED_REPLY_MAX } };
	b->began = metrics_clock();
	if (fetch_start(em->fetcher, f) != 0) {
		b->rc = err_set(&b->err, EMBED_ENOMEM, "no memory to ask embedder %s",
		    b->service->provider);
		embedding_settle(em, b);
		return;
	}
	b->next = em->sent;
	em->sent = b;
}

static struct embed_batch *
batch_new(struct embedding *em, struct embed_job *job, size_t first, size_t n)
{
	struct embed_batch *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->service = service_of(em, job)) == NULL) {
		free(b);
		return NULL;
	}
	b->em = em;
	b->job = job;
	b->first = first;
	b->n = n;
	return b;
}

/* Of a request that is too large for this minute, the rest waits as one of its own. */
static bool
cut(struct embedding *em, struct embed_batch *b, size_t n)
{
	struct embed_batch *rest;

	if (b->n <= n)
		return true;
	if ((rest = batch_new(em, b->job, b->first + n, b->n - n)) == NULL)
		return false;
	rest->tries = b->tries;
	rest->limited = b->limited;
	rest->not_before = b->not_before;
	rest->next = b->job->again;
	b->job->again = rest;
	b->n = n;
	return true;
}

/* The request of the job that is to go next; NULL: none before *at. */
static struct embed_batch *
next_batch(struct embedding *em, struct embed_job *job, int64_t now, int64_t *at)
{
	struct embed_batch **p, *b;

	for (p = &job->again; (b = *p) != NULL; p = &b->next) {
		if (b->not_before <= now) {
			*p = b->next;
			return b;
		}
		if (b->not_before < *at)
			*at = b->not_before;
	}
	if (job->given == job->n)
		return NULL;
	b = batch_new(em, job, job->given,
	    embedder_batch(job->embedder, job->texts + job->given, job->n - job->given));
	if (b == NULL)
		embedding_fail(job, EMBED_ENOMEM, "no memory for a request to an embedder");
	else
		job->given += b->n;
	return b;
}

/* Let one job send one request.  False: it has none before *at. */
static bool
send_one(struct embedding *em, struct embed_job *job, int64_t now, int64_t *at)
{
	struct embed_service_state *s = service_of(em, job);
	struct embed_batch *b;
	int64_t paced = INT64_MAX;
	size_t allowed;

	if (job->rc != 0 || (job->given == job->n && job->again == NULL))
		return false;
	if (s == NULL) {
		embedding_fail(job, EMBED_ENOMEM, "no memory for a request to an embedder");
		return false;
	}
	if ((allowed = embed_pace_allowed(&s->pace, now, &paced)) == 0) {
		*at = paced < *at ? paced : *at;
		return false;
	}
	if ((b = next_batch(em, job, now, at)) == NULL)
		return false;
	job->out++;
	em->flying++;
	if (!cut(em, b, allowed) || !lane_push(em->lane, &b->lane)) {
		b->rc = err_set(&b->err, EMBED_EUNAVAILABLE, "no memory for a request, or the daemon is"
		    " stopping");
		embedding_settle(em, b);
		return false;
	}
	embed_pace_sent(&s->pace, now, b->n);
	return true;
}

/* The first job goes to the end. */
static void
rotate(struct embedding *em)
{
	struct embed_job *job = em->jobs, **at = &em->jobs;

	if (job == NULL || job->next == NULL)
		return;
	while (*at != NULL)
		at = &(*at)->next;
	*at = job;
	em->jobs = job->next;
	job->next = NULL;
}

static void
on_timer(uv_timer_t *timer)
{
	embedding_turn(timer->data);
}

void
embedding_send(struct embedding *em)
{
	int64_t now = embedding_clock(), at = INT64_MAX;
	size_t idle = 0, n = 0;

	for (const struct embed_job *job = em->jobs; job != NULL; job = job->next)
		n++;
	while (idle < n && em->flying < em->d->settings->embed_requests) {
		idle = send_one(em, em->jobs, now, &at) ? 0 : idle + 1;
		rotate(em);
	}
	if (at != INT64_MAX)
		uv_timer_start(&em->timer, on_timer, at > now ? (uint64_t)(at - now) : 1, 0);
}

