/*
 * graph_insert.c - algorithm 1.
 *
 * A node is made in two steps.  First, while nobody can reach it, its own lists are found and written
 * on all its levels from the top down.  Then its neighbours are told, from level 0 up: whoever meets
 * the node on some level finds it complete on all levels below.
 */

#include "distance.h"
#include "error.h"
#include "graph_link.h"

/* What a node needs before it can be linked. */
static int
prepare(struct graph *g, uint32_t slot, uint32_t level, struct vec_error *err)
{
	int rc = graph_upper_new(g, slot, level, err);

	if (rc == 0 && g->metric == VEC_COSINE)
		*graph_inverse(g, slot) =
		    distance_inverse_norm(store_row(g->store, slot), g->store->dim);
	return rc;
}

/* Its own lists on the levels it shares with the graph, which has `top` and begins at `entry`. */
static void
find_links(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level, uint32_t entry,
    uint32_t top)
{
	float inverse = v->metric == VEC_COSINE ? *graph_inverse(v->graph, slot) : 1;
	struct graph_place at = { .slot = entry };
	uint32_t from = level < top ? level : top;

	graph_descend(v, s, view_row(v, slot), inverse, top, from, &at);
	for (uint32_t l = from + 1; l-- > 0;)
		graph_join(v, s, slot, l, &at);
}

/* Into a graph that is not empty.  Nothing fails once there is memory to work in. */
static int
insert(struct graph *g, uint32_t slot, uint32_t level, uint32_t entry, uint32_t top,
    struct vec_error *err)
{
	struct scratch *s = scratch_take(g, g->ef_construction);
	struct view v;

	if (!s)
		return error_set(err, VEC_ENOMEM, "no memory to insert a vector");
	view_init(&v, g, g->metric);
	find_links(&v, s, slot, level, entry, top);
	for (uint32_t l = 0; l <= level && l <= top; l++)
		graph_join_back(&v, s, slot, l);
	scratch_put(g, s);
	return 0;
}

int
graph_insert(struct graph *g, uint32_t slot, struct vec_error *err)
{
	uint32_t level = graph_level(g, slot), entry, top;
	bool rises = false;
	int rc;

	if ((rc = prepare(g, slot, level, err)) != 0)
		return rc;
	if (!graph_entry(g, &entry, &top) || level > top) {
		/* One riser at a time; look again, for another may have been faster. */
		pthread_mutex_lock(&g->entry_lock);
		rises = !graph_entry(g, &entry, &top) || level > top;
		if (!rises)
			pthread_mutex_unlock(&g->entry_lock);
	}
	if (graph_entry(g, &entry, &top))
		rc = insert(g, slot, level, entry, top, err);
	if (rc == 0) {
		atomic_fetch_add(&g->nodes, 1);
		atomic_fetch_add(&g->changes, 1);
		if (atomic_fetch_or(graph_flags(g, slot), GRAPH_LINKED) & GRAPH_DEAD)
			graph_unlink_later(g, slot);
		if (rises)
			graph_entry_set(g, slot, level);
	}
	if (rises)
		pthread_mutex_unlock(&g->entry_lock);
	return rc;
}
