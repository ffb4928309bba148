/*
 * view.h - the rows of a store as one search or insertion sees them, and distances to them.
 *
 * Distances here are what the graph orders by: cosine as 1 - cos, l2 squared, ip negated, l1; in
 * float, by the machine's fastest sums.  One that is not a number or not finite counts as FLT_MAX,
 * so that an order always exists.
 */

#ifndef LIBVEC_VIEW_H
#define LIBVEC_VIEW_H

#include "graph.h"

struct view {
	const struct graph *graph;
	const unsigned char *rows;	/* of at least `capacity` slots */
	uint32_t capacity;
	size_t stride, dim;
	enum vec_metric metric;
	metric_one *one;
	metric_four *four;
	metric_one *dot;
};

/* See what there is now, under a metric that may be another than the graph's. */
void view_init(struct view *v, const struct graph *g, enum vec_metric metric);

static inline const float *
view_row(const struct view *v, uint32_t slot)
{
	return (const float *)(const void *)(v->rows + (size_t)slot * v->stride);
}

/*
 * The distances of `n` nodes from `q`, whose inverse norm is `inverse` (1 for a normalised query;
 * used under cosine alone).  The ids are below v->capacity; under cosine they are nodes, for their
 * norms are kept.
 */
void view_distances(const struct view *v, const float *q, float inverse, const uint32_t *ids,
    size_t n, float *out);

/* The same for any slots, under any metric, with `q` normalised under cosine. */
void view_scan(const struct view *v, const float *q, const uint32_t *ids, size_t n, float *out);

/*
 * The query of a search: a copy of `x`, aligned, normalised under cosine.  `to` has room for dim
 * floats.
 */
void view_query(const struct view *v, const float *x, float *to);

#endif
