/*
 * graph_link.c - links come in pairs.
 *
 * A newcomer chooses up to M neighbours, on level 0 up to 1.75 M: since full lists drop links on
 * both sides, choosing M as the paper does left 20 links of 32 on 20,000 random vectors, and recall
 * 0.03 under hnswlib's at ef 20; choosing 2M costs a quarter more building than 1.5 M.
 *
 * A list has room for 2M links on level 0 and M above.  When a newcomer finds it full, algorithm 4
 * chooses among all of them which to keep, and the list is thinned to seven eighths, so that the
 * next few newcomers find room: thinning costs some hundred distances.  Whoever is dropped loses
 * its link to this node as well, since links are reciprocal.  A node that has few links left is not
 * dropped while another one with more can be: that is how a node at the edge stays in the graph.
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

/* A list and one more, sorted by distance from `node`. */
static struct pool
sort_list(const struct view *v, struct scratch *s, uint32_t node, const graph_link *list,
    uint32_t max, uint32_t other)
{
	struct selection *all = &s->list;
	struct view_target t;
	struct pool sorted;

	for (all->n = 0; all->n < max; all->n++)
		all->ids[all->n] = graph_link_get(list + all->n) - 1;
	all->ids[all->n++] = other;
	view_target_slot(v, node, s->other, &t);
	view_distances(v, &t, all->ids, all->n, all->distances);
	pool_init(&sorted, s->list_keys, all->n);
	sorted.mask = graph_mix(other) & POOL_SLOT_BITS;
	for (uint32_t i = 0; i < all->n; i++)
		pool_put(&sorted, pool_key(&sorted, all->distances[i], all->ids[i]));
	return sorted;
}

/* The place in `kept` of the node with most links, and how many those are. */
static uint32_t
most_linked(const struct graph *g, const struct selection *kept, uint32_t level, uint32_t *links)
{
	uint32_t best = 0, n;

	*links = 0;
	for (uint32_t i = 0; i < kept->n; i++) {
		n = graph_count(graph_list(g, kept->ids[i], level), graph_list_max(g, level));
		if (n > *links) {
			*links = n;
			best = i;
		}
	}
	return best;
}

/* Keep nodes with few links after all: where there is room, or instead of one with more. */
static void
spare(const struct graph *g, struct selection *kept, struct selection *dropped, uint32_t level)
{
	uint32_t max = graph_list_max(g, level), n = 0, links, most, at;

	for (uint32_t i = 0; i < dropped->n; i++) {
		uint32_t id = dropped->ids[i];

		links = graph_count(graph_list(g, id, level), max);
		if (links <= FEW && kept->n < max) {
			kept->ids[kept->n++] = id;
			continue;
		}
		if (links <= FEW && (at = most_linked(g, kept, level, &most), most > links)) {
			dropped->ids[n++] = kept->ids[at];
			kept->ids[at] = id;
			continue;
		}
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
	struct pool sorted = sort_list(v, s, node, list, max, other);

	graph_select(v, s, &sorted, max, max - max / 8, &s->list, &s->dropped);
	spare(v->graph, &s->list, &s->dropped, level);
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
graph_join(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t slot,
    uint32_t level, struct graph_place *at)
{
	const struct graph *g = v->graph;
	struct pool *p = &s->pool;
	size_t n = 0;

	assert(s->nkeys >= g->ef_construction);
	pool_init(p, s->keys, g->ef_construction);
	/* Among equally near ones each newcomer meets others: else all would crowd around a few. */
	p->mask = graph_mix(slot) & POOL_SLOT_BITS;
	scratch_forget(s);
	graph_search_level(v, s, t, level, at);
	/* A node that joins again may have found itself. */
	for (size_t i = 0; i < p->n; i++) {
		if (pool_slot(p, p->keys[i]) != slot)
			p->keys[n++] = p->keys[i];
	}
	p->n = n;
	if (n > 0)
		*at = (struct graph_place){ pool_slot(p, p->keys[0]), pool_distance(p->keys[0]) };
	graph_select(v, s, p, level == 0 ? g->M + g->M * 3 / 4 : g->M, level == 0 ? g->M : g->M / 2,
	    &s->chosen, NULL);
	graph_list_write(graph_list(g, slot, level), graph_list_max(g, level), &s->chosen);
}

/*
 * The other half of each pair.  From the first graph_connect on others may find `slot` and thin its
 * list: one they dropped before it had its half could not be told to forget it.  So look again
 * after each: either the link is still there, and whoever drops it later finds both halves; or it
 * is not, and both go.
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
