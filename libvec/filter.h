/*
 * filter.h - which slots may be hits of a search.
 */

#ifndef LIBVEC_FILTER_H
#define LIBVEC_FILTER_H

#include "graph.h"

struct filter {
	const struct graph *graph;
	const struct vec_query *query;
};

/* Live, and let through by all that the query says. */
static inline bool
filter_admits(const struct filter *f, uint32_t slot)
{
	const struct vec_query *q = f->query;

	if (slot == q->except || graph_flags_get(f->graph, slot) & GRAPH_DEAD)
		return false;
	if (q->only && (slot >= q->nonly || !(q->only[slot / 64] >> slot % 64 & 1)))
		return false;
	return !q->keep || q->keep(q->arg, slot);
}

/* True when the query lets through some live slots and not others, `except` aside. */
static inline bool
filter_is_set(const struct filter *f)
{
	return f->query->only || f->query->keep;
}

/* How many bits of q->only below `end` are set; only without `only`, `end`. */
uint32_t filter_count(const struct filter *f, uint32_t end);

#endif
