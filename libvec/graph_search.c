/*
 * graph_search.c - walks through a graph.
 *
 * The inner loop in three steps: gather the neighbours not visited yet, have their rows on the way
 * (view.c prefetches), then compute.  While a node is expanded, the list of the one that is likely
 * to be next is fetched.
 */

#include "graph_search.h"

/* One greedy walk: move to the nearest neighbour until none is nearer. */
static void
walk(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t level,
    struct graph_place *at)
{
	bool moved = true;

	while (moved) {
		size_t n = graph_gather(v, s, at->slot, level);

		moved = false;
		view_distances(v, t, s->ids, n, s->distances);
		for (size_t i = 0; i < n; i++) {
			if (s->distances[i] < at->distance) {
				at->slot = s->ids[i];
				at->distance = s->distances[i];
				moved = true;
			}
		}
	}
}

void
graph_descend(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t from,
    uint32_t to, struct graph_place *at)
{
	view_distances(v, t, &at->slot, 1, s->distances);
	at->distance = s->distances[0];
	for (uint32_t level = from; level > to; level--) {
		scratch_forget(s);
		walk(v, s, t, level, at);
	}
	scratch_forget(s);
}

/* The list of the candidate that will be expanded next unless a nearer one turns up. */
static inline void
prefetch_next(const struct view *v, const struct pool *p, uint32_t level)
{
	if (level == 0 && p->next < p->n) {
		const graph_link *list = graph_list(v->graph, pool_slot(p, p->keys[p->next]), 0);

		for (uint32_t i = 0; i < 2 * v->graph->M; i += 16)
			__builtin_prefetch(list + i);
	}
}

void
graph_search_level(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t level, const struct graph_place *at)
{
	struct pool *p = &s->pool;
	uint32_t slot;

	(void)scratch_visit(s, at->slot);
	pool_put(p, pool_key(p, at->distance, at->slot));
	while (pool_expand(p, &slot)) {
		size_t n = graph_gather(v, s, slot, level);

		prefetch_next(v, p, level);
		view_distances(v, t, s->ids, n, s->distances);
		for (size_t i = 0; i < n; i++) {
			uint64_t key = pool_key(p, s->distances[i], s->ids[i]);

			if (key < pool_bound(p))
				pool_put(p, key);
		}
	}
}
