/*
 * graph_copy.c - equal vectors.
 */

#include "graph_copy.h"

void
graph_copy_add(struct graph *g, uint32_t node, uint32_t slot)
{
	_Atomic uint32_t *head = graph_copy(g, node);
	uint32_t first = atomic_load_explicit(head, memory_order_acquire);

	do
		atomic_store_explicit(graph_copy(g, slot), first, memory_order_release);
	while (!atomic_compare_exchange_weak_explicit(
	    head, &first, slot + 1, memory_order_acq_rel, memory_order_acquire));
	if (!(atomic_fetch_or(graph_flags(g, slot), GRAPH_COPY) & GRAPH_DEAD))
		atomic_fetch_add(&g->copies, 1);
	atomic_fetch_add(&g->changes, 1);
}

/* Take the dead ones out of the chain that begins at `head`. */
static void
forget_dead(struct graph *g, _Atomic uint32_t *head)
{
	uint32_t link;

	while ((link = atomic_load_explicit(head, memory_order_acquire)) != 0) {
		if (graph_flags_get(g, link - 1) & GRAPH_DEAD) {
			atomic_store_explicit(
			    head, atomic_load(graph_copy(g, link - 1)), memory_order_release);
			atomic_fetch_xor(graph_flags(g, link - 1), GRAPH_COPY | GRAPH_UNLINKED);
		} else {
			head = graph_copy(g, link - 1);
		}
	}
}

int
graph_copy_promote(struct graph *g, uint32_t node, struct vec_error *err)
{
	_Atomic uint32_t *head = graph_copy(g, node);
	uint32_t heir;
	int rc;

	forget_dead(g, head);
	if ((heir = atomic_load(head)) == 0)
		return 0;
	heir--;
	/* Its chain goes on behind it as it is.  From here on it is met as a node. */
	if ((rc = graph_insert(g, heir, false, err)) != 0)
		return rc;
	if (!(atomic_fetch_and(graph_flags(g, heir), (unsigned char)~GRAPH_COPY) & GRAPH_DEAD))
		atomic_fetch_sub(&g->copies, 1);
	atomic_store_explicit(head, 0, memory_order_release);
	return 0;
}

void
graph_copy_find(const struct pool *from, uint64_t key, const struct filter *f, uint32_t end,
    struct pool *found)
{
	const struct graph *g = f->graph;
	uint32_t slot = pool_slot(from, key), link;

	/* All of them, where they count at all: of equal distances the lower slots are wanted. */
	while ((link = atomic_load_explicit(graph_copy(g, slot), memory_order_acquire)) != 0) {
		slot = link - 1;
		if (key >> 32 > pool_bound(found) >> 32)
			return;
		if (slot < end && graph_flags_get(g, slot) & GRAPH_COPY &&
		    filter_admits(f, slot))
			pool_put(found, pool_key(found, pool_distance(key), slot));
	}
}
