/*
 * graph_walk.h - how a level is walked, with and without a filter.
 *
 * What a walk waits for is memory: a list of links, then the codes of those it names.  So it goes in
 * three stages at once: of one node the neighbours are measured, of the next those not visited yet are
 * known and all their codes on the way, and of the one after that the list is on the way.  The two that
 * are ahead were the nearest when they were chosen, which is nearly always what will be next; where it
 * is not, a node is expanded that would not have been, and recall at the same ef is higher.
 *
 * The stages, each against the one before it at equal ef (words 20, 48 and 160; images 10, 24 and 32),
 * recall at the first: one node at a time with the next list fetched (words .8365, images .9467); the
 * next node fixed before the current one is measured 1.08 1.11 1.03, 0.99 1.03 1.01 (.8444, .9514); its
 * first codes fetched as well, 6.5 KiB of them, 1.02 1.04 1.06, 1.01 1.07 1.10 (.8540, .9576); all of
 * its codes up to 16 KiB 1.20 1.18 1.17, 1.02 1.02 1.03.  All together 1.33 1.34 1.30, 1.02 1.11 1.13.
 * Then asking for the next list before the codes, not behind them, and for the one of who follows: 1.00 1.02
 * 1.05, 1.00 1.03, with nothing else changed.
 */

#ifndef LIBVEC_GRAPH_WALK_H
#define LIBVEC_GRAPH_WALK_H

#include "graph_search.h"

#define LINKS_A_LINE (64 / sizeof(graph_link))

/*
 * The nearest node that was met and not expanded yet; false when none is worth it.  *after is the one
 * that would be next, or the same when there is none.
 */
typedef bool graph_walk_next(struct scratch *s, uint32_t *slot, uint32_t *after);

/* A node was measured. */
typedef void graph_walk_meet(
    struct scratch *s, const struct filter *f, float distance, uint32_t slot);

static inline void
graph_walk_fetch(const struct view *v, uint32_t slot, uint32_t level)
{
	const graph_link *list = graph_list(v->graph, slot, level);

	for (uint32_t i = 0; i < graph_list_max(v->graph, level); i += LINKS_A_LINE)
		__builtin_prefetch(list + i);
}

/* The next node to expand, its list on its way, and the one of who is likely to follow. */
static inline __attribute__((always_inline)) bool
graph_walk_choose(const struct view *v, struct scratch *s, uint32_t level, graph_walk_next *next,
    uint32_t *slot)
{
	uint32_t after;

	if (!next(s, slot, &after))
		return false;
	graph_walk_fetch(v, *slot, level);
	graph_walk_fetch(v, after, level);
	return true;
}

/*
 * Walk from `at` until `next` has none.  False when more than `bound` nodes were met before.  `next`
 * and `meet` are known where this is called, so that they become part of it.
 */
static inline __attribute__((always_inline)) bool
graph_walk(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t level,
    const struct graph_place *at, graph_walk_next *next, graph_walk_meet *meet,
    const struct filter *f, size_t bound)
{
	struct view_batch *now = &s->batches[0], *then = &s->batches[1], *swap;
	size_t met = 1;
	uint32_t slot;
	bool chosen;

	(void)scratch_visit(s, at->slot);
	meet(s, f, at->distance, at->slot);
	now->n = 0;
	for (chosen = graph_walk_choose(v, s, level, next, &slot); chosen || now->n > 0;) {
		if (met > bound)
			return false;
		then->n = 0;
		if (chosen)
			graph_gather(v, s, slot, level, then);
		chosen = graph_walk_choose(v, s, level, next, &slot);
		view_fetch(v, then);
		view_measure(v, t, now, s->distances);
		for (size_t i = 0; i < now->n; i++)
			meet(s, f, s->distances[i], now->ids[i]);
		met += now->n;
		if (!chosen && then->n == 0)
			chosen = graph_walk_choose(v, s, level, next, &slot);
		swap = now;
		now = then;
		then = swap;
	}
	return true;
}

#endif
