/*
 * vec_index.c - moving the tail into the graph, and the graph to disk.
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "error.h"
#include "index.h"
#include "vec_private.h"

#define UNLINK_BATCH 16	/* nodes unlinked before insertions get a turn at the lock */

void
vec_advance_locked(struct vec *v)
{
	uint32_t start = v->tail_start, end = v->store->published;

	while (start < end &&
	    graph_flags_get(v->graph, start) &
	        (GRAPH_LINKED | GRAPH_COPY | GRAPH_UNLINKED | GRAPH_DEAD))
		start++;
	atomic_store_explicit(&v->tail_start, start, memory_order_release);
}

/* hnsw.index into the graph, by one thread with the crew. */
static void
read_index(struct vec *v)
{
	const char *why = NULL;
	uint32_t slots;
	bool loaded;

	pthread_rwlock_wrlock(&v->graph->change);
	slots = v->store->published;
	loaded = index_load(v->graph, v->dir, v->identity, v->generation, slots, &v->load, &why);
	if (loaded && v->graph->codes != VEC_CODES_NONE)
		store_advise(v->store);
	pthread_mutex_lock(&v->take);
	if (!loaded && why)
		(void)snprintf(v->note, sizeof(v->note), INDEX_NAME " was not used: %s", why);
	vec_advance_locked(v);
	pthread_mutex_unlock(&v->take);
	pthread_rwlock_unlock(&v->graph->change);
}

void
vec_read_index(struct vec *v)
{
	if (!atomic_load_explicit(&v->unread, memory_order_acquire))
		return;
	pthread_mutex_lock(&v->load.lock);
	if (v->unread && !v->reading) {
		v->reading = true;
		pthread_mutex_unlock(&v->load.lock);
		read_index(v);
		pthread_mutex_lock(&v->load.lock);
		atomic_store_explicit(&v->unread, false, memory_order_release);
		pthread_cond_broadcast(&v->load.changed);
	}
	while (v->unread)
		crew_help_locked(&v->load);
	pthread_mutex_unlock(&v->load.lock);
}

/* The next slot of the tail for this thread alone; false when there is none left. */
static bool
take_slot(struct vec *v, uint32_t *slot)
{
	const unsigned done =
	    GRAPH_LINKED | GRAPH_COPY | GRAPH_UNLINKED | GRAPH_DEAD | GRAPH_TAKEN;
	bool found = false;

	pthread_mutex_lock(&v->take);
	for (; !found && v->next < v->store->published; v->next++) {
		if (graph_flags_get(v->graph, v->next) & done)
			continue;
		*slot = v->next;
		atomic_fetch_or(graph_flags(v->graph, *slot), GRAPH_TAKEN);
		v->inflight++;
		found = true;
	}
	vec_advance_locked(v);
	pthread_mutex_unlock(&v->take);
	return found;
}

/* The slot is in the graph, or it could not be and waits for the next one to take it. */
static void
finish_slot(struct vec *v, uint32_t slot, bool linked)
{
	pthread_mutex_lock(&v->take);
	v->inflight--;
	atomic_fetch_and(graph_flags(v->graph, slot), (unsigned char)~GRAPH_TAKEN);
	if (!linked && slot < v->next)
		v->next = slot;
	vec_advance_locked(v);
	pthread_mutex_unlock(&v->take);
}

static bool
has_more(struct vec *v)
{
	bool more;

	pthread_mutex_lock(&v->take);
	more = v->inflight > 0 || v->next < v->store->published;
	pthread_mutex_unlock(&v->take);
	return more || graph_unlinking(v->graph) > 0;
}

/* Unlink deleted nodes: first, so that new ones do not link to them. */
static int
unlink_some(struct vec *v, size_t *budget, struct vec_error *err)
{
	size_t done = 1;
	int rc = 0;

	while (rc == 0 && *budget > 0 && done > 0 && graph_unlinking(v->graph) > 0) {
		pthread_rwlock_wrlock(&v->graph->change);
		rc = graph_unlink_dead(v->graph, v->store->published,
		    *budget < UNLINK_BATCH ? *budget : UNLINK_BATCH, &done, err);
		pthread_rwlock_unlock(&v->graph->change);
		*budget -= done;
	}
	return rc;
}

int
vec_index(struct vec *v, size_t budget, struct vec_error *err)
{
	uint32_t slot;
	int rc;

	vec_read_index(v);
	for (;;) {
		if ((rc = store_lost(v->store, err)) != 0 || (rc = unlink_some(v, &budget, err)) != 0)
			return rc;
		if (budget == 0 || !take_slot(v, &slot))
			break;
		pthread_rwlock_rdlock(&v->graph->change);
		rc = graph_insert(v->graph, slot, true, err);
		pthread_rwlock_unlock(&v->graph->change);
		finish_slot(v, slot, rc == 0);
		if (rc != 0)
			return rc;
		budget--;
	}
	return has_more(v);
}

int
vec_checkpoint(struct vec *v, struct vec_error *err)
{
	uint32_t slots;
	int rc = 0;

	vec_read_index(v);
	pthread_rwlock_wrlock(&v->graph->change);
	if (v->replaced)
		goto out;
	/* Nodes are below this, and the header on disk must not be: see index_load. */
	slots = v->store->published;
	if ((rc = store_flush(v->store, err)) == 0 &&
	    (rc = index_save(v->graph, v->dir, v->identity, v->generation, slots, err)) == 0)
		atomic_store(&v->saved, v->graph->changes);
	if (v->graph->codes != VEC_CODES_NONE)
		store_advise(v->store);
out:
	pthread_rwlock_unlock(&v->graph->change);
	return rc;
}

int
vec_check_saved(struct vec *v, struct vec_error *err)
{
	const char *why;
	uint32_t slots;
	int dir;

	pthread_rwlock_rdlock(&v->graph->change);
	dir = dup(v->dir);
	slots = v->store->published;
	pthread_rwlock_unlock(&v->graph->change);
	if (dir < 0)
		return error_sys(err, VEC_EIO, errno, "cannot reach the folder of " INDEX_NAME);
	why = index_check(v->graph, dir, v->identity, v->generation, slots);
	close(dir);
	return why ? error_set(err, VEC_ECORRUPT, INDEX_NAME ": %s", why) : 0;
}

int
vec_check(struct vec *v, struct vec_check_report *r, struct vec_error *err)
{
	struct vec_check_report report;
	int rc;

	vec_read_index(v);
	pthread_rwlock_wrlock(&v->graph->change);
	if ((rc = graph_check(v->graph, v->store->published, &report, err)) == 0)
		rc = store_lost(v->store, err);
	pthread_rwlock_unlock(&v->graph->change);
	if (r)
		*r = report;
	return rc;
}
