/*
 * graph_search.h - walks through a graph (algorithms 2 and 5).
 */

#ifndef LIBVEC_GRAPH_SEARCH_H
#define LIBVEC_GRAPH_SEARCH_H

#include "filter.h"
#include "scratch.h"

/* Where a walk is and how far from the query. */
struct graph_place {
	uint32_t slot;
	float distance;
};

/*
 * The neighbours of a node that this search did not meet before.  Those past the view were added since
 * the search began, and are left to the next one.
 */
static inline void
graph_gather(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level,
    struct view_batch *to)
{
	const graph_link *list = graph_list(v->graph, slot, level);
	uint32_t max = graph_list_max(v->graph, level), link;
	uint32_t limit = v->capacity < s->nvisited ? v->capacity : s->nvisited;
	size_t n = 0;

	for (uint32_t i = 0; i < max && (link = graph_link_get(list + i)) != 0; i++) {
		if (link - 1 >= limit)
			continue;
		/* No branch on what was visited: it is as good as random. */
		to->ids[n] = link - 1;
		n += scratch_visit(s, link - 1);
	}
	to->n = n;
}

/*
 * From `at` on level `from`, go down greedily to the nearest node found on each level above `to`.
 * At the end `at` is where to begin on level `to`.
 */
void graph_descend(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t from, uint32_t to, struct graph_place *at);

/*
 * Algorithm 2: fill s->pool, which is empty and made for ef keys, with the nearest nodes of a
 * level, beginning at `at`.
 */
void graph_search_level(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t level, const struct graph_place *at);

/*
 * Algorithm 2 on level 0 with a filter: all nodes are walked over, those that pass `f` enter
 * s->found, which is empty and made for ef keys.  At most `bound` distances are computed, which
 * needs scratch_heap.  False when the walk was cut short by that.
 */
bool graph_search_filtered(const struct view *v, struct scratch *s, const struct view_target *t,
    const struct graph_place *at, const struct filter *f, size_t bound);

#endif
