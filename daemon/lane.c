/*
 * lane.c - a mutex, a condition, a list.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "lane.h"

#define LANE_THREADS_MAX 64

struct lane {
	char name[16];
	void (*run)(void *arg, struct lane_job *job);
	void *arg;
	size_t max;
	uv_mutex_t lock;	/* guards first, last, waiting, stopping */
	uv_cond_t more;		/* signalled when first or stopping changes */
	struct lane_job *first;	/* oldest first; [lock] */
	struct lane_job **last;	/* where the next one is linked; [lock] */
	size_t waiting;		/* [lock] */
	bool stopping;		/* [lock] */
	uv_thread_t threads[LANE_THREADS_MAX];
	unsigned nthreads;	/* not joined yet; owner's thread only */
};

static struct lane_job *
pop_locked(struct lane *l)
{
	struct lane_job *job = l->first;

	if (job != NULL) {
		l->first = job->next;
		if (l->first == NULL)
			l->last = &l->first;
		job->next = NULL;
		l->waiting--;
	}
	return job;
}

static void
thread_main(void *arg)
{
	struct lane *l = arg;
	struct lane_job *job;

	pthread_setname_np(pthread_self(), l->name);
	uv_mutex_lock(&l->lock);
	for (;;) {
		if ((job = pop_locked(l)) == NULL) {
			if (l->stopping)
				break;
			uv_cond_wait(&l->more, &l->lock);
			continue;
		}
		uv_mutex_unlock(&l->lock);
		l->run(l->arg, job);
		uv_mutex_lock(&l->lock);
	}
	uv_mutex_unlock(&l->lock);
}

struct lane *
lane_new(const char *name, unsigned nthreads, size_t max,
    void (*run)(void *arg, struct lane_job *job), void *arg)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->run = run;
	l->arg = arg;
	l->max = max;
	l->last = &l->first;
	if (uv_mutex_init(&l->lock) != 0)
		goto fail;
	if (uv_cond_init(&l->more) != 0) {
		uv_mutex_destroy(&l->lock);
		goto fail;
	}
	for (; l->nthreads < nthreads && l->nthreads < LANE_THREADS_MAX; l->nthreads++)
		if (uv_thread_create(&l->threads[l->nthreads], thread_main, l) != 0) {
			lane_free(l);
			return NULL;
		}
	return l;
fail:
	free(l);
	return NULL;
}

bool
lane_push(struct lane *l, struct lane_job *job)
{
	bool ok;

	uv_mutex_lock(&l->lock);
	ok = !l->stopping && l->waiting < l->max;
	if (ok) {
		job->next = NULL;
		*l->last = job;
		l->last = &job->next;
		l->waiting++;
	}
	uv_mutex_unlock(&l->lock);
	if (ok)
		uv_cond_signal(&l->more);	/* whoever wakes up finds the lock free */
	return ok;
}

struct lane_job *
lane_take(struct lane *l, size_t max)
{
	struct lane_job *first = NULL, **last = &first;

	uv_mutex_lock(&l->lock);
	for (; max > 0 && (*last = pop_locked(l)) != NULL; max--)
		last = &(*last)->next;
	uv_mutex_unlock(&l->lock);
	return first;
}

void
lane_stop(struct lane *l)
{
	uv_mutex_lock(&l->lock);
	l->stopping = true;
	uv_cond_broadcast(&l->more);
	uv_mutex_unlock(&l->lock);
	while (l->nthreads > 0)
		uv_thread_join(&l->threads[--l->nthreads]);
}

void
lane_free(struct lane *l)
{
	if (l == NULL)
		return;
	lane_stop(l);
	uv_cond_destroy(&l->more);
	uv_mutex_destroy(&l->lock);
	free(l);
}
