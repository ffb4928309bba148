/*
 * graph_delete.c - taking deleted nodes out of the graph.
 *
 * On each level the node's neighbours forget it and are linked among themselves instead.  Pairs of
 * them are looked at from the nearest to the farthest; a pair is linked unless one of the two has a
 * neighbour in this circle that is nearer to the other than it is itself (the rule of algorithm
 * 4).  By induction over the pairs the circle is then connected without the node: a pair that is
 * not linked has a third on the way, and the two pairs it makes are shorter.  Full lists are what
 * breaks the induction; where parts of the circle are left, they are joined by force, thinning a
 * list.
 *
 * The unlinked node keeps its own lists: a search that stands on it walks on.  Copies of it go to a
 * new node first (graph_copy.h).
 */

#include <stdlib.h>

#include "error.h"
#include "graph_copy.h"
#include "graph_link.h"
#include "io.h"

/* The neighbours that a node leaves behind on one level. */
struct circle {
	uint32_t n;
	uint32_t ids[GRAPH_LIST_MAX];
	float distances[GRAPH_LIST_MAX][GRAPH_LIST_MAX];
	bool linked[GRAPH_LIST_MAX][GRAPH_LIST_MAX];
	uint32_t part[GRAPH_LIST_MAX];		/* connected ones have the same */
	uint64_t pairs[GRAPH_LIST_MAX * (GRAPH_LIST_MAX - 1) / 2]; /* distance, place, place */
	uint32_t npairs;
};

bool
graph_any(const struct graph *g, uint32_t end, uint32_t level, uint32_t except, uint32_t *slot)
{
	uint32_t best = 0, l;
	bool found = false;

	for (uint32_t i = 0; i < end; i++) {
		if (i == except || !(graph_flags_get(g, i) & GRAPH_LINKED))
			continue;
		if ((l = graph_level(g, i)) >= level && (!found || l > best)) {
			best = l;
			*slot = i;
			found = true;
		}
	}
	return found;
}

static int
by_key(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Both ends are in one part now. */
static void
join_parts(struct circle *c, uint32_t a, uint32_t b)
{
	uint32_t from = c->part[a], to = c->part[b];

	for (uint32_t i = 0; i < c->n; i++) {
		if (c->part[i] == from)
			c->part[i] = to;
	}
}

static void
mark_linked(struct circle *c, uint32_t a, uint32_t b)
{
	c->linked[a][b] = c->linked[b][a] = true;
	join_parts(c, a, b);
}

/* Distances, links among them and the sorted pairs of c->ids. */
static void
survey(const struct view *v, struct scratch *s, struct circle *c, uint32_t level)
{
	uint32_t max = graph_list_max(v->graph, level);

	c->npairs = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		c->part[i] = i;
		memset(c->linked[i], 0, c->n * sizeof(c->linked[i][0]));
	}
	for (uint32_t i = 0; i < c->n; i++) {
		const graph_link *list = graph_list(v->graph, c->ids[i], level);
		struct view_target t;

		view_target_slot(v, c->ids[i], s->other, &t);
		view_distances(v, &t, c->ids, i, c->distances[i]);
		for (uint32_t j = 0; j < i; j++) {
			c->distances[j][i] = c->distances[i][j];
			c->pairs[c->npairs++] =
			    (uint64_t)pool_order(c->distances[i][j]) << 32 | i << 8 | j;
			if (graph_list_has(list, max, c->ids[j]))
				mark_linked(c, i, j);
		}
	}
	qsort(c->pairs, c->npairs, sizeof(c->pairs[0]), by_key);
}

/* True when a third one is linked to `a` or `b` and nearer to the other of them. */
static bool
is_shielded(const struct circle *c, uint32_t a, uint32_t b)
{
	float d = c->distances[a][b];

	for (uint32_t i = 0; i < c->n; i++) {
		if ((c->linked[a][i] && i != b && c->distances[i][b] < d) ||
		    (c->linked[b][i] && i != a && c->distances[i][a] < d))
			return true;
	}
	return false;
}

static void
link_pair(const struct view *v, struct scratch *s, uint32_t a, uint32_t b, uint32_t level)
{
	graph_connect(v, s, a, b, level);
	graph_connect(v, s, b, a, level);
	/* Thinning the second list may have dropped the first one, and so undone nothing else. */
	if (!graph_list_has(graph_list(v->graph, a, level), graph_list_max(v->graph, level), b))
		graph_detach(v->graph, b, a, level);
}

/* Link pairs of the circle; `force` takes only those that join parts, and full lists too. */
static void
link_pairs(const struct view *v, struct scratch *s, struct circle *c, uint32_t level, bool force)
{
	uint32_t max = graph_list_max(v->graph, level);

	for (uint32_t i = 0; i < c->npairs; i++) {
		uint32_t a = (uint32_t)c->pairs[i] >> 8, b = c->pairs[i] & 255;

		if (c->linked[a][b] || (force ? c->part[a] == c->part[b] : is_shielded(c, a, b)))
			continue;
		if (!force &&
		    (graph_count(graph_list(v->graph, c->ids[a], level), max) == max ||
		        graph_count(graph_list(v->graph, c->ids[b], level), max) == max))
			continue;
		link_pair(v, s, c->ids[a], c->ids[b], level);
		mark_linked(c, a, b);
	}
}

/* A neighbour that had no other link looks for a new place in the graph. */
static void
relink(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level, uint32_t end)
{
	struct view_target t;
	struct graph_place at;
	uint32_t top;

	if (!graph_entry(v->graph, &at.slot, &top))
		return;
	if (at.slot == slot) {
		if (!graph_any(v->graph, end, level, slot, &at.slot))
			return;
		top = level;
	}
	view_target_slot(v, slot, s->target, &t);
	graph_descend(v, s, &t, top, level, &at);
	graph_join(v, s, &t, slot, level, &at);
	graph_join_back(v, s, slot, level);
}

/* Take `slot` out of one level. */
static void
unlink_level(const struct view *v, struct scratch *s, struct circle *c, uint32_t slot,
    uint32_t level, uint32_t end)
{
	const struct graph *g = v->graph;
	const graph_link *list = graph_list(g, slot, level);
	uint32_t max = graph_list_max(g, level);

	c->n = graph_count(list, max);
	for (uint32_t i = 0; i < c->n; i++) {
		c->ids[i] = graph_link_get(list + i) - 1;
		graph_detach(g, c->ids[i], slot, level);
	}
	survey(v, s, c, level);
	link_pairs(v, s, c, level, false);
	link_pairs(v, s, c, level, true);
	for (uint32_t i = 0; i < c->n; i++) {
		if (graph_count(graph_list(g, c->ids[i], level), max) == 0)
			relink(v, s, c->ids[i], level, end);
	}
}

/* Somebody else is the entry point from now on. */
static void
replace_entry(struct graph *g, uint32_t slot, uint32_t end)
{
	uint32_t entry, top, next;

	if (!graph_entry(g, &entry, &top) || entry != slot)
		return;
	if (graph_any(g, end, 0, slot, &next))
		graph_entry_set(g, next, graph_level(g, next));
	else
		atomic_store_explicit(&g->entry, 0, memory_order_release);
}

static void
unlink_node(const struct view *v, struct graph *g, struct scratch *s, struct circle *c,
    uint32_t slot, uint32_t end)
{
	/* No node from here on, so that nobody who looks for a new place finds this one. */
	atomic_fetch_xor(graph_flags(g, slot), GRAPH_LINKED | GRAPH_UNLINKED);
	replace_entry(g, slot, end);
	for (uint32_t l = graph_level(g, slot) + 1; l-- > 0;)
		unlink_level(v, s, c, slot, l, end);
	atomic_fetch_sub(&g->nodes, 1);
	atomic_fetch_sub(&g->unlinking, 1);
	atomic_fetch_add(&g->changes, 1);
}

int
graph_unlink_dead(struct graph *g, uint32_t end, size_t budget, size_t *done, struct vec_error *err)
{
	uint32_t slot = atomic_exchange(&g->unlink_from, VEC_SLOT_NONE);
	struct scratch *s = scratch_take(g, g->ef_construction);
	struct circle *c = io_pages(sizeof(*c));
	struct view v;
	int rc = 0;

	*done = 0;
	if (!s || !c)
		rc = error_set(err, VEC_ENOMEM, "no memory to unlink deleted vectors");
	view_init(&v, g, g->metric);
	for (; rc == 0 && slot < end && *done < budget && graph_unlinking(g) > 0; slot++) {
		unsigned flags = graph_flags_get(g, slot);

		if (flags & GRAPH_LINKED && flags & GRAPH_DEAD) {
			if ((rc = graph_copy_promote(g, slot, err)) != 0)
				break;
			unlink_node(&v, g, s, c, slot, end);
			++*done;
		}
	}
	if (slot < end)
		graph_unlink_from(g, slot);
	io_pages_free(c, sizeof(*c));
	scratch_put(g, s);
	return rc;
}
