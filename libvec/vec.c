/*
 * vec.c - collections: opening, closing, writing, and what is known of them.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "index.h"
#include "io.h"
#include "vec_private.h"

#define READ_AT_ONCE 16384	/* slots whose graph is read while the collection is opened */

static int
check_options(const struct vec_options *o, struct vec_error *err)
{
	if (o->dim < 1 || o->dim > VEC_DIM_MAX)
		return error_set(err, VEC_EVALUE, "dim is %zu, not 1 to %d", o->dim, VEC_DIM_MAX);
	if ((unsigned)o->metric >= VEC_NMETRICS)
		return error_set(err, VEC_EVALUE, "metric %d is none", (int)o->metric);
	if ((unsigned)o->codes >= VEC_NCODES)
		return error_set(err, VEC_EVALUE, "codes %d are none", (int)o->codes);
	if (o->M != 0 && (o->M < VEC_M_MIN || o->M > VEC_M_MAX))
		return error_set(err, VEC_EVALUE, "M is %" PRIu32 ", not %d to %d", o->M, VEC_M_MIN,
		    VEC_M_MAX);
	if (o->ef_construction != 0 && (o->ef_construction < VEC_EF_CONSTRUCTION_MIN ||
	                                   o->ef_construction > VEC_EF_CONSTRUCTION_MAX))
		return error_set(err, VEC_EVALUE, "ef_construction is %" PRIu32 ", not %d to %d",
		    o->ef_construction, VEC_EF_CONSTRUCTION_MIN, VEC_EF_CONSTRUCTION_MAX);
	return 0;
}

/*
 * An empty graph, with that of hnsw.index to follow.  A long one is left to the first index work:
 * until then everything is the tail, and answers come from a scan.
 */
static int
open_graph(struct vec *v, const struct vec_options *o, struct vec_error *err)
{
	int rc;

	if ((rc = graph_new(v->store, o, &v->graph, err)) != 0 ||
	    (rc = graph_reserve(v->graph, v->store->appended, err)) != 0)
		return rc;
	v->unread = true;
	v->header_slots = index_covers(v->graph, v->dir, v->identity, v->generation,
	    v->store->published);
	if (v->store->published <= READ_AT_ONCE)
		vec_read_index(v);
	return 0;
}

/* Mark what o->live says is dead, past the published slots too: they may be recovered. */
static int
bury(struct vec *v, const struct vec_options *o, struct vec_error *err)
{
	uint32_t end = o->nlive < v->store->capacity ? o->nlive : v->store->capacity;
	int rc;

	if (!o->live)
		return 0;
	if ((rc = graph_reserve(v->graph, end, err)) != 0)
		return rc;
	for (uint32_t slot = 0; slot < end; slot++) {
		if (slot % 64 == 0 && o->live[slot / 64] == UINT64_MAX)
			slot += 63;
		else if (!(o->live[slot / 64] >> slot % 64 & 1))
			(void)graph_kill(v->graph, slot);
	}
	return 0;
}

int
vec_open(const char *dir, const struct vec_options *o, struct vec **out, struct vec_error *err)
{
	struct vec *v;
	int rc;

	*out = NULL;
	if ((rc = check_options(o, err)) != 0)
		return rc;
	if (!(v = io.calloc(1, sizeof(*v))))
		return error_set(err, VEC_ENOMEM, "no memory for a collection");
	crew_init(&v->load);
	pthread_mutex_init(&v->append, NULL);
	pthread_mutex_init(&v->take, NULL);
	v->identity = o->identity;
	v->generation = o->generation;
	v->dir = io.openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->dir < 0) {
		rc = error_sys(err, 0, errno, "cannot open folder %.120s", dir);
		goto out;
	}
	if ((rc = store_open(v->dir, o->dim, o->create, 0, &v->store, err)) != 0 ||
	    (rc = open_graph(v, o, err)) != 0 || (rc = bury(v, o, err)) != 0)
		goto out;
	vec_advance_locked(v);
	v->next = v->tail_start;
	if ((rc = store_lost(v->store, err)) != 0)
		goto out;
	*out = v;
	v = NULL;
out:
	vec_close(v);
	return rc;
}

void
vec_close(struct vec *v)
{
	if (!v)
		return;
	graph_free(v->graph);
	store_close(v->store);
	if (v->dir >= 0)
		close(v->dir);
	pthread_mutex_destroy(&v->take);
	pthread_mutex_destroy(&v->append);
	crew_fini(&v->load);
	free(v);
}

int
vec_append(struct vec *v, const float *x, size_t n, uint32_t *first, struct vec_error *err)
{
	struct vec_error why;
	uint64_t end;
	int rc;

	if (n == 0)
		return error_set(err, VEC_EVALUE, "no vectors to append");
	for (size_t i = 0; i < n; i++) {
		if (vec_validate(x + i * v->store->dim, v->store->dim, &why) != 0)
			return error_set(err, VEC_EVALUE, n > 1 ? "vector %zu: %s" : "%.0zu%s", i,
			    why.message);
	}
	pthread_mutex_lock(&v->append);
	end = (uint64_t)v->store->appended + n;
	rc = graph_reserve(v->graph, end < FORMAT_SLOTS_MAX ? (uint32_t)end : 0, err);
	if (rc == 0)
		rc = store_append(v->store, x, n, first, err);
	pthread_mutex_unlock(&v->append);
	return rc;
}

int
vec_sync(struct vec *v, struct vec_error *err)
{
	return store_sync(v->store, err);
}

int
vec_publish(struct vec *v, uint32_t end, struct vec_error *err)
{
	uint32_t before;
	int rc;

	pthread_mutex_lock(&v->append);
	before = v->store->published;
	if ((rc = graph_reserve(v->graph, end < v->store->capacity ? end : 0, err)) == 0)
		rc = store_publish(v->store, end, err);
	graph_count_dead(v->graph, before, v->store->published);
	pthread_mutex_unlock(&v->append);
	return rc;
}

int
vec_add(struct vec *v, const float *x, size_t dim, uint32_t *slot, struct vec_error *err)
{
	uint32_t at = 0;
	int rc;

	if (dim != v->store->dim)
		return error_set(err, VEC_EDIM,
		    "vector has %zu components, collection has %zu", dim, v->store->dim);
	if ((rc = vec_append(v, x, 1, &at, err)) != 0 || (rc = vec_sync(v, err)) != 0)
		return rc;
	if (slot)
		*slot = at;
	return vec_publish(v, at + 1, err);
}

int
vec_delete(struct vec *v, uint32_t slot, struct vec_error *err)
{
	if (slot >= atomic_load_explicit(&v->store->appended, memory_order_acquire))
		return error_set(err, VEC_ENOTFOUND, "there is no slot %" PRIu32, slot);
	if (!graph_kill(v->graph, slot))
		return error_set(err, VEC_ENOTFOUND, "slot %" PRIu32 " is deleted", slot);
	return 0;
}

const float *
vec_peek(const struct vec *v, uint32_t slot)
{
	if (slot >= atomic_load_explicit(&v->store->appended, memory_order_acquire))
		return NULL;
	return store_row(v->store, slot);
}

int
vec_lost(const struct vec *v, struct vec_error *err)
{
	return store_check_length(v->store, err);
}

bool
vec_is_live(const struct vec *v, uint32_t slot)
{
	return slot < atomic_load_explicit(&v->store->published, memory_order_acquire) &&
	    !(graph_flags_get(v->graph, slot) & GRAPH_DEAD);
}

void
vec_stats(struct vec *v, struct vec_stats *s)
{
	const struct graph *g = v->graph;
	uint32_t entry, dead = g->dead, nodes = g->nodes;

	*s = (struct vec_stats){ .dim = (uint32_t)v->store->dim,
		.metric = g->metric,
		.codes = g->codes,
		.M = g->M,
		.ef_construction = g->ef_construction,
		.published = v->store->published,
		.covered = v->tail_start,
		.saved = v->header_slots,
		.unlinking = graph_unlinking(g),
		.capacity = v->store->capacity,
		.graph_bytes = graph_bytes(v->graph),
		.read_only = v->store->read_only || v->store->lost,
		.unsaved = g->changes != v->saved };
	s->live = s->published > dead ? s->published - dead : 0;
	s->indexed = (nodes > s->unlinking ? nodes - s->unlinking : 0) + g->copies;
	s->tail = s->live > s->indexed ? s->live - s->indexed : 0;
	s->file_bytes = format_bytes(s->dim, s->capacity);
	(void)graph_entry(g, &entry, &s->max_level);
	(void)snprintf(s->isa, sizeof(s->isa), "%s", g->kernels->name);
	pthread_mutex_lock(&v->take);
	(void)snprintf(s->index_note, sizeof(s->index_note), "%s", v->note);
	pthread_mutex_unlock(&v->take);
}
