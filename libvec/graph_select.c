/*
 * graph_select.c - algorithm 4, the heuristic that spreads links over directions.
 *
 * A candidate that is nearer to a neighbour already chosen than to the base is reached through that
 * neighbour, and its link is better spent elsewhere.
 *
 * Equal vectors need a rule of their own.  Of a hundred copies of one text each would fill its list
 * with other copies, for no copy is nearer to another than to the base, and the hundred would be an
 * island.  So of candidates that are as far from a chosen one as both are from the base only one is
 * chosen; the rest come in by the filling.
 */

#include "graph_link.h"

/* False when a chosen one shields `id`, at distance `d` from the base. */
static bool
is_open(
    const struct view *v, struct scratch *s, uint32_t id, float d, const struct selection *chosen)
{
	struct view_target t;
	float between[4];

	if (chosen->n > 0)
		view_target_slot(v, id, s->other, &t);
	for (uint32_t i = 0; i < chosen->n; i += 4) {
		uint32_t n = chosen->n - i < 4 ? chosen->n - i : 4;

		view_distances(v, &t, chosen->ids + i, n, between);
		for (uint32_t j = 0; j < n; j++) {
			if (between[j] < d || (between[j] == d && chosen->distances[i + j] == d))
				return false;
		}
	}
	return true;
}

static inline void
add(struct selection *sel, uint32_t id, float distance)
{
	sel->ids[sel->n] = id;
	sel->distances[sel->n++] = distance;
}

void
graph_select(const struct view *v, struct scratch *s, const struct pool *from, size_t m,
    size_t fill, struct selection *out, struct selection *left)
{
	struct selection rest = { .n = 0 };
	uint32_t taken = 0;
	size_t i;

	out->n = 0;
	for (i = 0; i < from->n && out->n < m; i++) {
		uint32_t id = pool_slot(from, from->keys[i]);
		float d = pool_distance(from->keys[i]);

		if (is_open(v, s, id, d, out))
			add(out, id, d);
		else if (left || rest.n < fill)
			add(&rest, id, d);
	}
	for (; out->n < fill && taken < rest.n; taken++)
		add(out, rest.ids[taken], rest.distances[taken]);
	if (!left)
		return;
	left->n = 0;
	for (; taken < rest.n; taken++)
		add(left, rest.ids[taken], rest.distances[taken]);
	for (; i < from->n; i++)
		add(left, pool_slot(from, from->keys[i]), pool_distance(from->keys[i]));
}
