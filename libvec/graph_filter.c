/*
 * graph_filter.c - search with a filter.
 *
 * The walk must cross nodes that are no hits to reach those that are, so what may be expanded (a
 * heap) and what is found (a pool) are two things here, as in the paper.  The walk ends when the
 * nearest node left is farther than the farthest of ef hits.  A filter that few pass makes it long;
 * the bound on distances says when scanning would have been cheaper, and the caller then scans.
 */

#include "graph_copy.h"
#include "graph_search.h"

static void
heap_put(uint64_t *heap, size_t *n, uint64_t key)
{
	size_t i = (*n)++, up;

	for (; i > 0 && heap[up = (i - 1) / 2] > key; i = up)
		heap[i] = heap[up];
	heap[i] = key;
}

static uint64_t
heap_take(uint64_t *heap, size_t *n)
{
	uint64_t least = heap[0], last = heap[--*n];
	size_t i = 0, down;

	while ((down = 2 * i + 1) < *n) {
		if (down + 1 < *n && heap[down + 1] < heap[down])
			down++;
		if (heap[down] >= last)
			break;
		heap[i] = heap[down];
		i = down;
	}
	heap[i] = last;
	return least;
}

static void
meet(struct scratch *s, size_t *nheap, uint64_t key, const struct filter *f)
{
	if (key >= pool_bound(&s->found))
		return;
	heap_put(s->heap, nheap, key);
	if (filter_admits(f, pool_slot(&s->found, key)))
		pool_put(&s->found, key);
	graph_copy_find(&s->found, key, f, UINT32_MAX, &s->found);
}

bool
graph_search_filtered(const struct view *v, struct scratch *s, const struct view_target *t,
    const struct graph_place *at, const struct filter *f, size_t bound)
{
	struct view_batch *b = &s->batches[0];
	size_t nheap = 0, computed = 1;
	uint64_t key;

	(void)scratch_visit(s, at->slot);
	meet(s, &nheap, pool_key(&s->found, at->distance, at->slot), f);
	while (nheap > 0) {
		if (computed > bound)
			return false;
		if ((key = heap_take(s->heap, &nheap)) > pool_bound(&s->found))
			break;
		graph_gather(v, s, pool_slot(&s->found, key), 0, b);
		computed += b->n;
		view_distances(v, t, b->ids, b->n, s->distances);
		for (size_t i = 0; i < b->n; i++)
			meet(s, &nheap, pool_key(&s->found, s->distances[i], b->ids[i]), f);
	}
	return true;
}
