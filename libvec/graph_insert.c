/*
 * graph_insert.c - algorithm 1.
 *
 * A node is made in two steps.  First, while nobody can reach it, its own lists are found and
 * written on all its levels from the top down.  Then its neighbours are told, from level 0 up:
 * whoever meets the node on some level finds it complete on all levels below.
 */

#include "distance.h"
#include "error.h"
#include "graph_copy.h"
#include "graph_link.h"

void
graph_encode(struct graph *g, uint32_t slot)
{
	const float *x = store_row(g->store, slot);
	float inverse = 1;

	if (g->metric == VEC_COSINE)
		inverse = *graph_inverse(g, slot) = distance_inverse_norm(x, g->store->dim);
	if (g->code_bytes > 0)
		g->coder.encode(x, g->store->dim, inverse, graph_code(g, slot), g->code_bytes);
}

/* What a node needs before it can be linked. */
static int
prepare(struct graph *g, uint32_t slot, uint32_t level, struct vec_error *err)
{
	int rc = graph_upper_new(g, slot, level, err);

	if (rc == 0)
		graph_encode(g, slot);
	return rc;
}

/* Its own lists on the levels it shares with the graph, which has `top` and begins at `entry`. */
static void
find_links(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level, uint32_t entry,
    uint32_t top)
{
	struct graph_place at = { .slot = entry };
	uint32_t from = level < top ? level : top;
	struct view_target t;

	view_target_slot(v, slot, s->target, &t);
	graph_descend(v, s, &t, top, from, &at);
	for (uint32_t l = from + 1; l-- > 0;)
		graph_join(v, s, &t, slot, l, &at);
}

/* A node that equals `slot`, among the nearest in s->pool. */
static bool
find_equal(const struct view *v, const struct scratch *s, uint32_t slot, uint32_t *node)
{
	const struct pool *p = &s->pool;

	for (size_t i = 0; i < p->n && p->keys[i] >> 32 == p->keys[0] >> 32; i++) {
		*node = pool_slot(p, p->keys[i]);
		if (memcmp(view_row(v, slot), view_row(v, *node), v->stride) == 0 &&
		    graph_flags_get(v->graph, *node) & GRAPH_LINKED)
			return true;
	}
	return false;
}

static void
clear_lists(const struct graph *g, uint32_t slot, uint32_t level)
{
	const struct selection none = { .n = 0 };

	for (uint32_t l = 0; l <= level; l++)
		graph_list_write(graph_list(g, slot, l), graph_list_max(g, l), &none);
}

/*
 * Into a graph that is not empty, as a node or as a copy of *node.  Nothing fails once there is
 * memory to work in.
 */
static int
insert(struct graph *g, uint32_t slot, uint32_t level, uint32_t entry, uint32_t top,
    bool *is_copy, struct vec_error *err)
{
	struct scratch *s = scratch_take(g, g->ef_construction);
	uint32_t node;
	struct view v;

	if (!s)
		return error_set(err, VEC_ENOMEM, "no memory to insert a vector");
	view_init(&v, g, g->metric);
	find_links(&v, s, slot, level, entry, top);
	*is_copy = *is_copy && find_equal(&v, s, slot, &node);
	if (*is_copy) {
		clear_lists(g, slot, level);
		graph_copy_add(g, node, slot);
	} else {
		for (uint32_t l = 0; l <= level && l <= top; l++)
			graph_join_back(&v, s, slot, l);
	}
	scratch_put(g, s);
	return 0;
}

/* From here on it counts as a node. */
static void
count_node(struct graph *g, uint32_t slot)
{
	atomic_fetch_add(&g->nodes, 1);
	atomic_fetch_add(&g->changes, 1);
	if (atomic_fetch_or(graph_flags(g, slot), GRAPH_LINKED) & GRAPH_DEAD)
		graph_unlink_later(g, slot);
}

int
graph_insert(struct graph *g, uint32_t slot, bool may_copy, struct vec_error *err)
{
	uint32_t level = graph_level(g, slot), entry, top;
	bool rises = false, is_copy = false;
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
	if (graph_entry(g, &entry, &top)) {
		is_copy = may_copy;
		rc = insert(g, slot, level, entry, top, &is_copy, err);
	}
	if (rc == 0 && !is_copy) {
		count_node(g, slot);
		if (rises)
			graph_entry_set(g, slot, level);
	}
	if (rises)
		pthread_mutex_unlock(&g->entry_lock);
	return rc;
}
