/*
 * graph_copy.h - equal vectors.
 *
 * A thousand copies of one text would be a thousand nodes at one place: nothing tells the
 * directions of their links apart, they fill each other's lists, and a search that comes among them
 * sees nothing else.  So only the first of them is a node.  The others, its copies, hang on it in a
 * chain, and wherever a search meets the node it meets them too.  When the node is deleted, one of
 * them takes its place.  Two threads that insert equal vectors at once may make two nodes of them,
 * and a search that does not find the node makes another: that costs nothing but the benefit.
 *
 * Chains are read without a lock.  They grow at the front while nodes are inserted, and lose
 * members only when a node is unlinked; a reader may then meet a slot as a node and as a copy.
 */

#ifndef LIBVEC_GRAPH_COPY_H
#define LIBVEC_GRAPH_COPY_H

#include "filter.h"
#include "pool.h"

static inline _Atomic uint32_t *
graph_copy(const struct graph *g, uint32_t slot)
{
	return &graph_segment_of(g, slot)->copy[slot % GRAPH_SEGMENT];
}

/* Hang `slot` on `node`.  [change, shared] */
void graph_copy_add(struct graph *g, uint32_t node, uint32_t slot);

/*
 * `node` will be unlinked: make a node of its first live copy and give it the others.  Dead ones
 * are forgotten.  0 or VEC_ENOMEM.  [change, alone]
 */
int graph_copy_promote(struct graph *g, uint32_t node, struct vec_error *err);

/*
 * Put the copies of `node` that `f` admits and that are below `end` into `found`, at the distance
 * of `key`, which is the node's own in `from`.
 */
void graph_copy_find(const struct pool *from, uint64_t key, const struct filter *f, uint32_t end,
    struct pool *found);

#endif
