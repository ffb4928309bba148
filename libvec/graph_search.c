/*
 * graph_search.c - walks through a graph.
 *
 * The inner loop in three steps: gather the neighbours not visited yet, have their codes on the
 * way (view.c), then measure.  While a node is expanded, the list of the one that is likely to be
 * next is fetched.
 *
 * What gained, in queries a second at recall@10 0.95, one core of a Zen 5, 339,479 x 100 words
 * under cosine and 60,000 x 784 images under l2 (make bench; hnswlib in the same runs 4,200 and
 * 14,600):
 *
 *	floats, M 16					 7,390		21,240
 *	codes of a byte, for words M 32			14,920		36,770
 *	segments in pages of 2 MiB			18,050		51,580
 *	coding a query in vectors					54,500
 *
 * Before the last, coding a query took a quarter of a search among images, and the portable sums
 * of the results a tenth.
 *
 * What did not: fetching 12 codes of 784 components ahead instead of 8 (50,300 against 54,500;
 * with 4 it is 54,100).  Small codes for all above 256 components: among images 68,400 instead of
 * 56,500, but among 10,000 texts of 512 components (tests/recall/run.sh) recall at ef 100 fell
 * from 0.987 to 0.934.
 *
 * Not tried: one-bit codes of neighbours beside the links, as a filter before the codes.
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
