/*
 * graph_link.c - links come in pairs.
 *
 * A newcomer chooses up to M neighbours, on level 0 up to 1.75 M: since full lists drop links on both
 * sides, choosing M as the paper does left 20 links of 32 on 20,000 random vectors, and recall 0.03
 * under hnswlib's at ef 20; choosing 2M costs a third more building for 0.01 of recall.
 *
 * A list has room for 2M links on level 0 and M above.  When a newcomer finds it full, algorithm 4
 * chooses among all of them which to keep, and the list is thinned to seven eighths, so that the next
 * few newcomers find room: thinning costs some hundred distances.  Whoever is dropped loses its
 * link to this node as well, since links are reciprocal.  A node that has few links left is not
 * dropped while another one can be: that is how a node at the edge of the data stays in the graph.
 *
 * Two lists never change at once.  Beside other insertions a pair may be one-sided for a moment;
 * each order of events ends with both sides or none, see graph_join_back.
 */

#include <assert.h>

#include "graph_link.h"

#define FEW 4	/* links below which a node is spared */

static pthread_mutex_t *
stripe(const struct graph *g, uint32_t slot)
{
	/* The lock is no part of what a const graph promises. */
	return (pthread_mutex_t *)(uintptr_t)&g->stripes[slot % GRAPH_STRIPES];
}

bool
graph_list_has(const graph_link *list, uint32_t max, uint32_t slot)
{
	for (uint32_t i = 0, link; i < max && (link = graph_link_get(list + i)) != 0; i++) {
		if (link == slot + 1)
			return true;
	}
	return false;
}

void
graph_list_write(graph_link *list, uint32_t max, const struct selection *sel)
{
	for (uint32_t i = 0; i < max; i++)
		graph_link_set(list + i, i < sel->n ? sel->ids[i] + 1 : 0);
}

/* The last one takes the place of the one that goes, so that no list has a hole. */
static void
list_remove(graph_link *list, uint32_t max, uint32_t slot)
{
	uint32_t n = graph_count(list, max);

	for (uint32_t i = 0; i < n; i++) {
		if (graph_link_get(list + i) == slot + 1) {
			graph_link_set(list + i, graph_link_get(list + n - 1));
			graph_link_set(list + n - 1, 0);
			return;
		}
	}
}

void
graph_detach(const struct graph *g, uint32_t node, uint32_t other, uint32_t level)
{
	pthread_mutex_lock(stripe(g, node));
	list_remove(graph_list(g, node, level), graph_list_max(g, level), other);
	pthread_mutex_unlock(stripe(g, node));
}

/* A list and one more, as keys sorted by distance from `node`. */
static size_t
list_keys(const struct view *v, struct scratch *s, uint32_t node, const graph_link *list,
    uint32_t max, uint32_t other)
{
	struct selection *all = &s->list;
	struct pool sorted;

	for (all->n = 0; all->n < max; all->n++)
		all->ids[all->n] = graph_link_get(list + all->n) - 1;
	all->ids[all->n++] = other;
	view_distances(v, view_row(v, node),
	    v->metric == VEC_COSINE ? *graph_inverse(v->graph, node) : 1, all->ids, all->n,
	    all->distances);
	pool_init(&sorted, s->list_keys, all->n);
	for (uint32_t i = 0; i < all->n; i++)
		pool_put(&sorted, pool_key(all->distances[i], all->ids[i]));
	return sorted.n;
}

/* Move from `dropped` to `kept` those with few links, as long as there is room. */
static void
spare(const struct graph *g, struct selection *kept, struct selection *dropped, uint32_t max,
    uint32_t level)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dropped->n; i++) {
		uint32_t id = dropped->ids[i];

		if (kept->n < max && graph_count(graph_list(g, id, level), max) <= FEW)
			kept->ids[kept->n++] = id;
		else
			dropped->ids[n++] = id;
	}
	dropped->n = n;
}

/* Thin a full list for a newcomer; s->dropped are out.  Under the node's stripe. */
static void
thin(const struct view *v, struct scratch *s, uint32_t node, graph_link *list, uint32_t other,
    uint32_t level)
{
	uint32_t max = graph_list_max(v->graph, level);
	size_t n = list_keys(v, s, node, list, max, other);

	graph_select(v, s->list_keys, n, max, max - max / 8, &s->list, &s->dropped);
	spare(v->graph, &s->list, &s->dropped, max, level);
	graph_list_write(list, max, &s->list);
}

void
graph_connect(const struct view *v, struct scratch *s, uint32_t node, uint32_t other,
    uint32_t level)
{
	const struct graph *g = v->graph;
	graph_link *list = graph_list(g, node, level);
	uint32_t max = graph_list_max(g, level), n;

	s->dropped.n = 0;
	pthread_mutex_lock(stripe(g, node));
	if (!graph_list_has(list, max, other)) {
		if ((n = graph_count(list, max)) < max)
			graph_link_set(list + n, other + 1);
		else
			thin(v, s, node, list, other, level);
	}
	pthread_mutex_unlock(stripe(g, node));
	for (uint32_t i = 0; i < s->dropped.n; i++)
		graph_detach(g, s->dropped.ids[i], node, level);
}

void
graph_join(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level,
    struct graph_place *at)
{
	const struct graph *g = v->graph;
	float inverse = g->metric == VEC_COSINE ? *graph_inverse(g, slot) : 1;
	size_t n = 0;

	assert(s->nkeys >= g->ef_construction);
	pool_init(&s->pool, s->keys, g->ef_construction);
	scratch_forget(s);
	graph_search_level(v, s, view_row(v, slot), inverse, level, at);
	/* A node that joins again may have found itself. */
	for (size_t i = 0; i < s->pool.n; i++) {
		if (pool_slot(s->keys[i]) != slot)
			s->keys[n++] = s->keys[i];
	}
	if (n > 0)
		*at = (struct graph_place){ pool_slot(s->keys[0]), pool_distance(s->keys[0]) };
	graph_select(v, s->keys, n, level == 0 ? g->M + g->M * 3 / 4 : g->M,
	    level == 0 ? g->M : g->M / 2, &s->chosen, NULL);
	graph_list_write(graph_list(g, slot, level), graph_list_max(g, level), &s->chosen);
}

/*
 * The other half of each pair.  From the first graph_connect on others may find `slot` and thin its
 * list: one they dropped before it had its half could not be told to forget it.  So look again after
 * each: either the link is still there, and whoever drops it later finds both halves; or it is not,
 * and both go.
 */
void
graph_join_back(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level)
{
	const struct graph *g = v->graph;
	graph_link *list = graph_list(g, slot, level);
	uint32_t max = graph_list_max(g, level), n = graph_count(list, max);
	bool kept;

	for (uint32_t i = 0; i < n; i++)
		s->chosen.ids[i] = graph_link_get(list + i) - 1;
	s->chosen.n = n;
	for (uint32_t i = 0; i < n; i++) {
		graph_connect(v, s, s->chosen.ids[i], slot, level);
		pthread_mutex_lock(stripe(g, slot));
		kept = graph_list_has(list, max, s->chosen.ids[i]);
		pthread_mutex_unlock(stripe(g, slot));
		if (!kept)
			graph_detach(g, s->chosen.ids[i], slot, level);
	}
}
