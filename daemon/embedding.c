/*
 * embedding.c - life, and the ways in and out for other threads.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedding_in.h"

#define QUEUE_MAX 1024			/* of the lane; requests under way are far fewer */
#define HELD_MAX ((size_t)512 << 20)	/* bytes that jobs hold; the first may hold more */

/* --- life -------------------------------------------------------------------------------------- */

struct embedding *
embedding_new(struct daemon *d, struct err *err)
{
	struct embedding *em = calloc(1, sizeof(*em));

	if (em == NULL || uv_mutex_init(&em->lock) != 0) {
		free(em);
		err_set(err, -1, "no memory for embedding services");
		return NULL;
	}
	em->d = d;
	em->cache = embed_cache_open(d->settings->data, d->settings->embed_cache_mb << 20);
	if (em->cache != NULL)
		em->lane = lane_new("embed", 1, QUEUE_MAX, embed_batch_run, em);
	if (em->lane == NULL) {
		embedding_free(em);
		err_set(err, -1, "no memory or no thread for embedding services");
		return NULL;
	}
	return em;
}

static void
on_wake(uv_async_t *wake)
{
	embedding_turn(wake->data);
}

int
embedding_begin(struct embedding *em, uv_loop_t *loop)
{
	const struct settings *s = em->d->settings;
	struct fetch_options o = { .ca_file = s->embed_ca_file,
		.timeout_ms = (long)s->embed_timeout * 1000, .connect_ms = (long)s->embed_timeout * 500 };
	int rc;

	if ((em->fetcher = fetcher_new(loop, &o)) == NULL)
		return UV_ENOMEM;
	if ((rc = uv_async_init(loop, &em->wake, on_wake)) != 0 ||
	    (rc = uv_timer_init(loop, &em->timer)) != 0)
		return rc;
	em->wake.data = em;
	em->timer.data = em;
	uv_mutex_lock(&em->lock);
	em->serving = true;
	uv_mutex_unlock(&em->lock);
	embedding_turn(em);
	return 0;
}

void
embedding_end(struct embedding *em)
{
	uv_mutex_lock(&em->lock);
	em->stopped = true;
	uv_mutex_unlock(&em->lock);
	em->ending = true;
	embedding_turn(em);
}

void
embedding_quit(struct embedding *em)
{
	struct embed_job *in, *next;

	if (em == NULL)
		return;
	uv_mutex_lock(&em->lock);
	em->stopped = true;
	in = em->inbox;
	em->inbox = NULL;
	uv_mutex_unlock(&em->lock);
	for (; in != NULL; in = next) {
		next = in->next;
		in->next = NULL;
		in->rc = err_set(&in->err, EMBED_EUNAVAILABLE, "the daemon is stopping");
		in->done(in);
	}
}

void
embedding_free(struct embedding *em)
{
	struct embed_service_state *next;

	if (em == NULL)
		return;
	lane_free(em->lane);
	embed_cache_close(em->cache);
	for (struct embed_service_state *s = em->services; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	uv_mutex_destroy(&em->lock);
	free(em);
}

/* --- in and out -------------------------------------------------------------------------------- */

/* Only while there is a loop. */
static void
wake_locked(struct embedding *em)
{
	if (em->serving)
		uv_async_send(&em->wake);
}

size_t
embed_job_weight(const struct embed_job *job)
{
	return job->bytes + job->n * (embedder_identity(job->embedder)->dim * sizeof(float));
}

bool
embedding_push(struct embedding *em, struct embed_job *job)
{
	size_t weight = embed_job_weight(job);
	bool ok;

	uv_mutex_lock(&em->lock);
	ok = !em->stopped && (em->held == 0 || weight <= HELD_MAX - (em->held < HELD_MAX ? em->held :
	    HELD_MAX));
	if (ok) {
		em->held += weight;
		job->next = em->inbox;
		em->inbox = job;
		wake_locked(em);
	}
	uv_mutex_unlock(&em->lock);
	return ok;
}

void
embedding_back(struct embedding *em, struct embed_batch *b)
{
	uv_mutex_lock(&em->lock);
	b->next = em->back;
	em->back = b;
	wake_locked(em);
	uv_mutex_unlock(&em->lock);
}

void
embedding_nudge(struct embedding *em)
{
	uv_mutex_lock(&em->lock);
	wake_locked(em);
	uv_mutex_unlock(&em->lock);
}

void
embedding_sweep(struct embedding *em)
{
	embedding_turn(em);
}

/* --- what is known ----------------------------------------------------------------------------- */

bool
embedding_is_blank(const struct embed_text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!isspace((unsigned char)t->p[i]))
			return false;
	return true;
}

static int
no_memory(size_t n, struct err *err)
{
	return err_set(err, EMBED_ENOMEM, "no memory to embed %zu texts", n);
}

int
embedding_look(struct embedding *em, struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, const struct embed_job *had, float *out,
    struct embed_job **job, size_t *bad, struct err *err)
{
	size_t dim = embedder_identity(e)->dim;
	struct embed_job *rest = NULL;
	struct embed_key key;
	const float *x;
	int rc = 0;

	*bad = SIZE_MAX;
	*job = NULL;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (embedding_is_blank(&texts[i])) {
			*bad = i;
			rc = err_set(err, EMBED_EINVAL, "text is blank");
			break;
		}
		embed_key(e, purpose, &texts[i], &key);
		if ((x = embed_job_vector(had, &key, dim)) != NULL)
			memcpy(out + i * dim, x, dim * sizeof(*x));
		else if (embed_cache_get(em->cache, &key, out + i * dim, dim))
			continue;
		else if (rest == NULL && (rc = embedder_ready(e, err)) != 0)
			break;
		else if ((rest == NULL && (rest = embed_job_new(e, purpose, n - i)) == NULL) ||
		    embed_job_add(rest, &texts[i], &key) != 0)
			rc = no_memory(n, err);
	}
	if (rc != 0) {
		embed_job_free(rest);
		rest = NULL;
	}
	*job = rest;
	return rc;
}

/* --- waiting ----------------------------------------------------------------------------------- */

static void
on_waited(struct embed_job *job)
{
	uv_sem_post(job->arg);
}

/* Push a job and wait for its end.  As job->rc. */
static int
run_job(struct embedding *em, struct embed_job *job, const atomic_bool *stop, struct err *err)
{
	uv_sem_t done;
	int rc;

	if (uv_sem_init(&done, 0) != 0)
		return no_memory(job->n, err);
	job->done = on_waited;
	/* it outlives the job's time with the service */
	// cppcheck-suppress autoVariables
	job->arg = &done;
	job->gone = stop;
	if (embedding_push(em, job)) {
		uv_sem_wait(&done);
		rc = job->rc;
		*err = job->err;
	} else {
		rc = err_set(err, EMBED_EUNAVAILABLE, "too many texts are waiting to be embedded, or the"
		    " daemon is stopping");
	}
	uv_sem_destroy(&done);
	return rc;
}

int
embedding_wait(struct embedding *em, struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, float *out, const atomic_bool *stop, size_t *bad,
    struct err *err)
{
	struct embed_job *had = NULL, *job;
	int rc;

	*bad = SIZE_MAX;
	if (!embedder_is_remote(e)) {
		rc = embedder_embed(e, texts, n, out, bad, err);
		if (rc != EMBED_EINVAL)
			*bad = SIZE_MAX;
		return rc;
	}
	while ((rc = embedding_look(em, e, purpose, texts, n, had, out, &job, bad, err)) == 0 &&
	    job != NULL) {
		rc = run_job(em, job, stop, err);
		job->next = had;
		had = job;
		if (rc != 0)
			break;
	}
	while (had != NULL) {
		job = had->next;
		embed_job_free(had);
		had = job;
	}
	return rc;
}
