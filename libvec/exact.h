/*
 * exact.h - search without a graph: every admitted slot is looked at.
 */

#ifndef LIBVEC_EXACT_H
#define LIBVEC_EXACT_H

#include "filter.h"
#include "pool.h"
#include "view.h"

#define EXACT_QUERIES 8	/* that share a pass at most */

/* One of the queries that share a pass: from view_query, and where its nearest go. */
struct exact_query {
	const float *q;
	struct pool *pool;
};

/*
 * Put the slots in [from, to) that `f` admits into the pool of each of `n` queries, by their
 * distance from it.  All slots are below v->capacity.  Memory is read once for all.
 */
void exact_scan(const struct view *v, const struct exact_query *queries, size_t n,
    const struct filter *f, uint32_t from, uint32_t to);

#endif
