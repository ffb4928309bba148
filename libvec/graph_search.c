/*
 * graph_search.c - walks through a graph.
 *
 * What a walk waits for is memory: a list of links, then the codes of those it names.  So level 0 is
 * walked in three stages at once: of one node the neighbours are measured, of the next those not visited
 * yet are known and all their codes on the way, and of the one after that the list is on the way.  The
 * two that are ahead were the nearest when they were chosen, which is nearly always what will be next;
 * where it is not, a node is expanded that would not have been, and recall at the same ef is higher.
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
 * The stages, each against the one before it at equal ef (words 20, 48 and 160; images 10, 24 and 32),
 * recall at the first: one node at a time with the next list fetched (words .8365, images .9467); the
 * next node fixed before the current one is measured 1.08 1.11 1.03, 0.99 1.03 1.01 (.8444, .9514); its
 * first codes fetched as well, 6.5 KiB of them, 1.02 1.04 1.06, 1.01 1.07 1.10 (.8540, .9576); all of
 * its codes up to 16 KiB 1.20 1.18 1.17, 1.02 1.02 1.03.  All together 1.33 1.34 1.30, 1.02 1.11 1.13.
 *
 * What did not: fetching 8 KiB or 32 KiB of codes ahead instead of 16 (images: within 4 %, either way).
 * Fetching the lists of all that enter the pool before the next node (1.01 to 1.05 over the first stage,
 * nothing beside the others).  Small codes for all above 256 components: among images 68,400 instead of
 * 56,500, but among 10,000 texts of 512 components (tests/recall/run.sh) recall at ef 100 fell
 * from 0.987 to 0.934.
 *
 * Not tried: one-bit codes of neighbours beside the links, as a filter before the codes.  With the codes
 * on the way in time, measuring them is a tenth of a search among words, which is what they could save.
 */

#include "graph_search.h"

#define LINKS_A_LINE (64 / sizeof(graph_link))

/* One greedy walk: move to the nearest neighbour until none is nearer. */
static void
walk(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t level,
    struct graph_place *at)
{
	struct view_batch *b = &s->batches[0];
	bool moved = true;

	while (moved) {
		graph_gather(v, s, at->slot, level, b);
		moved = false;
		view_distances(v, t, b->ids, b->n, s->distances);
		for (size_t i = 0; i < b->n; i++) {
			if (s->distances[i] < at->distance) {
				at->slot = b->ids[i];
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

/* The next node to expand, its list on its way. */
static inline bool
choose_next(const struct view *v, struct pool *p, uint32_t level, uint32_t *slot)
{
	const graph_link *list;

	if (!pool_expand(p, slot))
		return false;
	list = graph_list(v->graph, *slot, level);
	for (uint32_t i = 0; i < graph_list_max(v->graph, level); i += LINKS_A_LINE)
		__builtin_prefetch(list + i);
	return true;
}

void
graph_search_level(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t level, const struct graph_place *at)
{
	struct view_batch *now = &s->batches[0], *then = &s->batches[1], *swap;
	struct pool *p = &s->pool;
	uint32_t slot;
	bool chosen;

	(void)scratch_visit(s, at->slot);
	pool_put(p, pool_key(p, at->distance, at->slot));
	now->n = 0;
	for (chosen = choose_next(v, p, level, &slot); chosen || now->n > 0;) {
		then->n = 0;
		if (chosen)
			graph_gather(v, s, slot, level, then);
		view_fetch(v, then);
		chosen = choose_next(v, p, level, &slot);
		view_measure(v, t, now, s->distances);
		for (size_t i = 0; i < now->n; i++) {
			uint64_t key = pool_key(p, s->distances[i], now->ids[i]);

			if (key < pool_bound(p))
				pool_put(p, key);
		}
		if (!chosen && then->n == 0)
			chosen = choose_next(v, p, level, &slot);
		swap = now;
		now = then;
		then = swap;
	}
}
