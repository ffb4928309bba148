/*
 * scratch.c - the working memory of searches.
 *
 * The visited set is a byte per slot that holds the number of the search that saw it last, so that
 * forgetting is counting up; every 255th search wipes it.  It must be exact: a set that confuses
 * slots gives ids twice or loses them.
 */

#include <stdlib.h>

#include "io.h"
#include "scratch.h"

/* Grow an array of keys to `n`. */
static bool
have_keys(uint64_t **keys, size_t *have, size_t n)
{
	uint64_t *more;

	if (n <= *have)
		return true;
	if (!(more = io.calloc(n, sizeof(*more))))
		return false;
	free(*keys);
	*keys = more;
	*have = n;
	return true;
}

bool
scratch_pool(struct scratch *s, size_t n)
{
	if (!have_keys(&s->keys, &s->nkeys, n))
		return false;
	pool_init(&s->pool, s->keys, n);
	return true;
}

bool
scratch_found(struct scratch *s, size_t n)
{
	if (!have_keys(&s->found_keys, &s->nfound_keys, n))
		return false;
	pool_init(&s->found, s->found_keys, n);
	return true;
}

bool
scratch_heap(struct scratch *s)
{
	if (!s->heap)
		s->heap = io_pages(s->nvisited * sizeof(*s->heap));
	return s->heap != NULL;
}

void
scratch_forget(struct scratch *s)
{
	if (++s->epoch == 0) {
		memset(s->visited, 0, s->nvisited);
		s->epoch = 1;
	}
}

/* Cover `n` slots, with some to spare so that growing by a little is not felt. */
static bool
cover(struct scratch *s, uint32_t n)
{
	uint32_t covered;

	if (s->visited && n <= s->nvisited)
		return true;
	io_pages_free(s->heap, s->nvisited * sizeof(*s->heap));
	io_pages_free(s->visited, s->nvisited);
	s->heap = NULL;
	covered = (n / GRAPH_SEGMENT + 1) * GRAPH_SEGMENT;
	s->visited = io_pages(covered);
	s->nvisited = s->visited ? covered : 0;
	s->epoch = 0;
	return s->visited != NULL;
}

static bool
have_query(struct scratch *s, const struct graph *g)
{
	size_t floats = (g->store->stride + CODES_LINE - 1) / CODES_LINE * CODES_LINE;
	size_t code, target;

	if (s->query)
		return true;
	code = codes_stride(g->store->dim);
	target = codes_query_bytes(g->store->dim, g->codes == VEC_CODES_SMALL);
	s->query_bytes = floats + code + 2 * target;
	if (!(s->query = io_pages(s->query_bytes)))
		return false;
	s->query_code = (unsigned char *)s->query + floats;
	s->target = (int8_t *)s->query_code + code;
	s->other = s->target + target;
	return true;
}

struct scratch *
scratch_take(struct graph *g, size_t ef)
{
	struct scratch *s = NULL;
	uint32_t capacity = atomic_load_explicit(&g->store->capacity, memory_order_acquire);

	for (int i = 0; i < GRAPH_SCRATCHES && !s; i++) {
		/* Look before the exchange: an empty place then costs no write. */
		if (atomic_load_explicit(&g->scratches[i], memory_order_relaxed))
			s = atomic_exchange_explicit(&g->scratches[i], NULL, memory_order_acq_rel);
	}
	if (!s && !(s = io.calloc(1, sizeof(*s))))
		return NULL;
	if (!have_query(s, g))
		goto fail;
	if (!cover(s, capacity) || !scratch_pool(s, ef))
		goto fail;
	scratch_forget(s);
	return s;
fail:
	/* Too small for now, yet whole: it may do for the next one. */
	scratch_put(g, s);
	return NULL;
}

void
scratch_put(struct graph *g, struct scratch *s)
{
	if (!s)
		return;
	for (int i = 0; i < GRAPH_SCRATCHES; i++) {
		struct scratch *none = NULL;

		if (atomic_compare_exchange_strong_explicit(&g->scratches[i], &none, s,
		        memory_order_acq_rel, memory_order_relaxed))
			return;
	}
	scratch_free(s);
}

void
scratch_free(struct scratch *s)
{
	if (!s)
		return;
	io_pages_free(s->heap, s->nvisited * sizeof(*s->heap));
	io_pages_free(s->visited, s->nvisited);
	io_pages_free(s->query, s->query_bytes);
	free(s->keys);
	free(s->found_keys);
	free(s);
}
