/*
 * indexer.c - one round over the open collections, then sleep until a kick or a second has passed.
 */

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "build.h"
#include "indexer.h"
#include "log.h"
#include "space.h"

#define THREADS_MAX 64
#define PIECES 256		/* of index work between two looks at `stopping` */
#define CHECKPOINT_SECONDS 10	/* at least, between two checkpoints of a collection */
#define CHECKPOINT_SHARE 20	/* and this many times as long as the last one took */
#define NICE 10

struct indexer {
	struct daemon *d;
	uv_mutex_t lock;	/* guards kicked, stopping */
	uv_cond_t wake;
	bool kicked, stopping;
	uv_thread_t threads[THREADS_MAX];
	unsigned nthreads;
};

static bool
is_stopping(struct indexer *ix)
{
	bool stopping;

	uv_mutex_lock(&ix->lock);
	stopping = ix->stopping;
	uv_mutex_unlock(&ix->lock);
	return stopping;
}

/* Write hnsw.index when the graph is at rest and the last time is long enough ago. */
static void
checkpoint(struct space *s)
{
	int64_t now = daemon_clock(), pause = s->checkpoint_cost * CHECKPOINT_SHARE;
	struct vec_error ve;
	struct vec_stats st;

	if (now - s->checkpointed < (pause > CHECKPOINT_SECONDS ? pause : CHECKPOINT_SECONDS))
		return;
	vec_stats(s->vec, &st);
	if (!st.unsaved || st.read_only)
		return;
	if (vec_checkpoint(s->vec, &ve) != 0) {
		log_warn("collection %llu: the graph is not saved: %s",
		    (unsigned long long)s->info.number, ve.message);
		vec_stats(s->vec, &st);
		if (st.read_only)
			space_log_read_only(s, ve.message);
	}
	s->checkpointed = daemon_clock();
	s->checkpoint_cost = s->checkpointed - now;
}

/* Work one collection's tail off, together with the other threads; whoever ends last saves. */
static void
serve(struct indexer *ix, struct space *s)
{
	struct vec_error ve;
	bool mine = false;
	int rc;

	do {
		rc = vec_index(s->vec, PIECES, &ve);
		if (spaces_is_lost(ix->d->spaces, s, &ve))
			return;
		if (rc < 0)
			log_warn("collection %llu: the graph does not grow: %s",
			    (unsigned long long)s->info.number, ve.message);
	} while (rc == 1 && !is_stopping(ix) && !atomic_load(&s->dropped) && !atomic_load(&s->retired));
	space_log_note(s);
	if (rc == 0 && !is_stopping(ix) && atomic_compare_exchange_strong(&s->indexing, &mine, true)) {
		if (!atomic_load(&s->retired)) {
			checkpoint(s);
			builds_consider(ix->d->builds, s);
		}
		atomic_store(&s->indexing, false);
	}
}

static void
thread_main(void *arg)
{
	struct indexer *ix = arg;
	struct space *s;

	pthread_setname_np(pthread_self(), "index");
	/* on Linux a thread has a priority of its own; a refusal is no harm */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	uv_mutex_lock(&ix->lock);
	while (!ix->stopping) {
		ix->kicked = false;
		uv_mutex_unlock(&ix->lock);
		for (uint64_t n = 0; (s = spaces_next(ix->d->spaces, n)) != NULL && !is_stopping(ix);) {
			n = s->info.number;
			serve(ix, s);
			spaces_unhold(ix->d->spaces, s);
			s = NULL;
		}
		if (s != NULL)
			spaces_unhold(ix->d->spaces, s);
		while (!is_stopping(ix) &&
		    spaces_close_idle(ix->d->spaces, (int64_t)ix->d->settings->close_seconds))
			;
		while (!is_stopping(ix) && spaces_close_over(ix->d->spaces))
			;
		uv_mutex_lock(&ix->lock);
		if (!ix->kicked && !ix->stopping)
			uv_cond_timedwait(&ix->wake, &ix->lock, (uint64_t)1000 * 1000 * 1000);
	}
	uv_mutex_unlock(&ix->lock);
}

void
indexer_kick(struct indexer *ix)
{
	uv_mutex_lock(&ix->lock);
	ix->kicked = true;
	uv_cond_broadcast(&ix->wake);
	uv_mutex_unlock(&ix->lock);
}

struct indexer *
indexer_new(struct daemon *d)
{
	struct indexer *ix = calloc(1, sizeof(*ix));

	if (ix == NULL)
		return NULL;
	ix->d = d;
	if (uv_mutex_init(&ix->lock) != 0)
		goto fail;
	if (uv_cond_init(&ix->wake) != 0) {
		uv_mutex_destroy(&ix->lock);
		goto fail;
	}
	for (; ix->nthreads < d->settings->index_threads && ix->nthreads < THREADS_MAX; ix->nthreads++)
		if (uv_thread_create(&ix->threads[ix->nthreads], thread_main, ix) != 0) {
			indexer_free(ix);
			return NULL;
		}
	return ix;
fail:
	free(ix);
	return NULL;
}

void
indexer_free(struct indexer *ix)
{
	if (ix == NULL)
		return;
	uv_mutex_lock(&ix->lock);
	ix->stopping = true;
	uv_cond_broadcast(&ix->wake);
	uv_mutex_unlock(&ix->lock);
	while (ix->nthreads > 0)
		uv_thread_join(&ix->threads[--ix->nthreads]);
	uv_cond_destroy(&ix->wake);
	uv_mutex_destroy(&ix->lock);
	free(ix);
}
