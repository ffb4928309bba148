/*
 * view.h - the rows of a store as one search or insertion sees them, and distances to them.
 *
 * The graph orders by estimates from codes (codes.h), or where a collection has none by the floats
 * themselves: cosine as 1 - cos, l2 squared, ip negated, l1.  A scan, and what a walk found before
 * it is reported, always go by the floats, with the machine's fastest sums.  A distance that is not
 * a number or not finite counts as FLT_MAX, so that an order always exists.
 */

#ifndef LIBVEC_VIEW_H
#define LIBVEC_VIEW_H

#include "graph.h"

struct view {
	const struct graph *graph;
	const unsigned char *rows;	/* of at least `capacity` slots */
	uint32_t capacity;
	size_t stride, dim;
	size_t ahead;			/* rows or codes to fetch before their turn */
	enum vec_metric metric;
	codes_measure *codes;		/* NULL: by the floats */
	metric_one *one;
	metric_four *four;
	metric_one *dot;
};

/* A point to measure from in the graph. */
struct view_target {
	const float *x;
	float inverse;			/* 1 / |x|, under cosine, where there are no codes */
	struct code_query code;
};

/* Distances come in whole fours: room for `n` of them. */
#define VIEW_ROOM(n) (((n) + CODES_FOUR - 1) / CODES_FOUR * CODES_FOUR)

/* See what there is now, under a metric that may be another than the graph's. */
void view_init(struct view *v, const struct graph *g, enum vec_metric metric);

static inline const float *
view_row(const struct view *v, uint32_t slot)
{
	return (const float *)(const void *)(v->rows + (size_t)slot * v->stride);
}

/*
 * Measure from a node, or from a slot that has its code; `bytes` is codes_query_bytes of aligned
 * memory that stays with `t`.
 */
void view_target_slot(const struct view *v, uint32_t slot, int8_t *bytes, struct view_target *t);

/* The same from a query of view_query; `code` has codes_stride bytes, zeroed or
 * used for this before. */
void view_target_query(const struct view *v, const float *q, unsigned char *code, int8_t *bytes,
    struct view_target *t);

/* Nodes whose distances will be asked for together. */
struct view_batch {
	uint32_t ids[GRAPH_LIST_MAX + 1];
	size_t n;
	const unsigned char *codes[VIEW_ROOM(GRAPH_LIST_MAX + 1)];	/* of view_fetch */
};

/* Have what will be measured of them on its way. */
void view_fetch(const struct view *v, struct view_batch *b);

/* Their distances from `t` into `out`, which has room for VIEW_ROOM(b->n), after view_fetch. */
void view_measure(const struct view *v, const struct view_target *t, const struct view_batch *b,
    float *out);

/*
 * The distances of `n` nodes from `t`, at most GRAPH_LIST_MAX + 1, into `out`, which has room for
 * VIEW_ROOM(n).
 */
void view_distances(const struct view *v, const struct view_target *t, const uint32_t *ids,
    size_t n, float *out);

/*
 * The distances by floats of any slots, under any metric, with `q` normalised under cosine.
 */
void view_scan(const struct view *v, const float *q, const uint32_t *ids, size_t n, float *out);

/*
 * The query of a search: a copy of `x`, aligned, normalised under cosine.  `to` has room for dim
 * floats.
 */
void view_query(const struct view *v, const float *x, float *to);

/*
 * How much nearer a node may be than its code says, compared with another at distance `d`: some
 * three standard deviations of the estimates.  0 where there are no codes.
 */
float view_margin(const struct view *v, const struct view_target *t, uint32_t slot, float d);

#endif
