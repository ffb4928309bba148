/*
 * view.c - distances from one point to a list of slots.
 *
 * The rows of a list lie anywhere in memory, and fetching them takes far longer than the
 * arithmetic.  So all the slots are known before the first distance is computed, and rows are
 * prefetched some ahead of the one in work: by bytes, for what limits is the number of lines under
 * way.
 */

#include <float.h>
#include <math.h>

#include "distance.h"
#include "view.h"

#define LINE 64
#define AHEAD_FLOATS 4096	/* fetch about so far ahead of rows of floats ... */
#define AHEAD_CODES 16384	/* ... and of codes ... */
#define AHEAD_STREAM 16384	/* ... and of rows in order; */
#define AHEAD_LEAST 2		/* ... never less than so many rows ... */
#define AHEAD_MOST GRAPH_LIST_MAX
#define ROW_LINES 16		/* of a long row; the hardware notices the rest itself */

static size_t
ahead_of(size_t bytes, size_t row)
{
	size_t n = bytes / row;

	if (n < AHEAD_LEAST)
		return AHEAD_LEAST;
	return n < AHEAD_MOST ? n : AHEAD_MOST;
}

void
view_init(struct view *v, const struct graph *g, enum vec_metric metric)
{
	enum metric_sum sum = metric_sum_of(metric);

	v->graph = g;
	v->capacity = atomic_load_explicit(&g->store->capacity, memory_order_acquire);
	v->rows = atomic_load_explicit(&g->store->rows, memory_order_acquire);
	v->stride = g->store->stride;
	v->dim = g->store->dim;
	v->metric = metric;
	v->codes = NULL;
	if (g->code_bytes > 0 && metric == g->metric)
		v->codes = metric == VEC_IP ? g->coder.ip : g->coder.l2;
	v->ahead =
	    ahead_of(v->codes ? AHEAD_CODES : AHEAD_FLOATS, v->codes ? g->code_bytes : v->stride);
	v->one = g->kernels->one[sum];
	v->four = g->kernels->four[sum];
	v->dot = g->kernels->one[METRIC_DOT];
}

void
view_query(const struct view *v, const float *x, float *to)
{
	float inverse = v->metric == VEC_COSINE ? distance_inverse_norm(x, v->dim) : 1;

	for (size_t i = 0; i < v->dim; i++)
		to[i] = x[i] * inverse;
}

static inline void
prefetch_row(const struct view *v, uint32_t slot)
{
	const unsigned char *row = v->rows + (size_t)slot * v->stride;
	size_t bytes = v->stride < (size_t)ROW_LINES * LINE ? v->stride : (size_t)ROW_LINES * LINE;

	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_prefetch(row + i);
	__builtin_prefetch(row + bytes - 1);
}

/* The sums over `n` rows anywhere, fetching ahead. */
static void
sums(const struct view *v, const float *q, const uint32_t *ids, size_t n, float *out)
{
	size_t ahead = ahead_of(AHEAD_FLOATS, v->stride), i, p;
	const float *rows[4];

	for (p = 0; p < n && p < ahead; p++)
		prefetch_row(v, ids[p]);
	for (i = 0; i + 4 <= n; i += 4) {
		for (int r = 0; r < 4; r++) {
			if (p < n)
				prefetch_row(v, ids[p++]);
			rows[r] = view_row(v, ids[i + (size_t)r]);
		}
		v->four(q, rows, v->dim, out + i);
	}
	for (; i < n; i++)
		out[i] = v->one(q, view_row(v, ids[i]), v->dim);
}

/*
 * The sums over `n` rows that follow each other, fetching in the order of memory: four rows are
 * read side by side, which the hardware does not take for one stream.  Past the last row of all
 * there may be nothing; fetching never faults.
 */
static void
sums_in_order(const struct view *v, const float *q, uint32_t first, size_t n, float *out)
{
	const unsigned char *row = v->rows + (size_t)first * v->stride;
	const float *rows[4];
	size_t i;

	for (i = 0; i + 4 <= n; i += 4, row += 4 * v->stride) {
		for (size_t at = 0; at < 4 * v->stride; at += LINE)
			__builtin_prefetch(row + at + AHEAD_STREAM);
		for (uint32_t r = 0; r < 4; r++)
			rows[r] = view_row(v, first + (uint32_t)i + r);
		v->four(q, rows, v->dim, out + i);
	}
	for (; i < n; i++)
		out[i] = v->one(q, view_row(v, first + (uint32_t)i), v->dim);
}

/* NaN and infinity are no distances to order by. */
static inline float
sane(float d)
{
	return d < FLT_MAX ? d : FLT_MAX;
}

void
view_target_slot(const struct view *v, uint32_t slot, int8_t *bytes, struct view_target *t)
{
	const struct graph *g = v->graph;

	if (v->codes) {
		if (g->codes == VEC_CODES_SMALL)
			codes_query_small(graph_code(g, slot), v->dim, bytes, &t->code);
		else
			codes_query(graph_code(g, slot), v->dim, bytes, &t->code);
		return;
	}
	t->x = view_row(v, slot);
	t->inverse = v->metric == VEC_COSINE ? *graph_inverse(g, slot) : 1;
}

void
view_target_query(const struct view *v, const float *q, unsigned char *code, int8_t *bytes,
    struct view_target *t)
{
	const struct graph *g = v->graph;

	t->x = q;
	t->inverse = 1;
	if (!v->codes)
		return;
	/* Whole bytes for the query in any case: it is there only once. */
	codes_best()->fast.encode(q, v->dim, 1, code, codes_stride(v->dim));
	if (g->codes == VEC_CODES_SMALL)
		codes_query_mixed(code, v->dim, bytes, &t->code);
	else
		codes_query(code, v->dim, bytes, &t->code);
}

/*
 * Where the codes of some nodes are, in whole fours; fetching the first of them.  All of a list are known
 * before the first is measured.
 */
static void
find_codes(const struct view *v, const uint32_t *ids, size_t n, const unsigned char **codes)
{
	const struct graph *g = v->graph;
	size_t i;

	for (i = 0; i < n; i++) {
		codes[i] = graph_code(g, ids[i]);
		for (size_t at = 0; i < v->ahead && at < g->code_bytes; at += LINE)
			__builtin_prefetch(codes[i] + at);
	}
	for (; i % CODES_FOUR != 0; i++)
		codes[i] = codes[n - 1];
}

static void
estimates(const struct view *v, const struct view_target *t, const uint32_t *ids, size_t n,
    float *out)
{
	const unsigned char *codes[VIEW_ROOM(GRAPH_LIST_MAX + 1)];

	if (n == 0)
		return;
	find_codes(v, ids, n, codes);
	v->codes(&t->code, v->graph->code_bytes, codes, n, v->ahead, out);
}

static void
distances_by_floats(const struct view *v, const struct view_target *t, const uint32_t *ids,
    size_t n, float *out)
{
	if (v->metric == VEC_COSINE) {
		for (size_t i = 0; i < n; i++)
			__builtin_prefetch(graph_inverse(v->graph, ids[i]));
	}
	sums(v, t->x, ids, n, out);
	if (v->metric == VEC_COSINE) {
		for (size_t i = 0; i < n; i++)
			out[i] = sane(1 - out[i] * (t->inverse * *graph_inverse(v->graph, ids[i])));
	} else if (v->metric == VEC_IP) {
		for (size_t i = 0; i < n; i++)
			out[i] = sane(-out[i]);
	} else {
		for (size_t i = 0; i < n; i++)
			out[i] = sane(out[i]);
	}
}

void
view_distances(const struct view *v, const struct view_target *t, const uint32_t *ids, size_t n,
    float *out)
{
	if (v->codes)
		estimates(v, t, ids, n, out);
	else
		distances_by_floats(v, t, ids, n, out);
}

void
view_fetch(const struct view *v, struct view_batch *b)
{
	if (v->codes) {
		find_codes(v, b->ids, b->n, b->codes);
		return;
	}
	for (size_t i = 0; i < b->n && i < v->ahead; i++)
		prefetch_row(v, b->ids[i]);
}

void
view_measure(const struct view *v, const struct view_target *t, const struct view_batch *b,
    float *out)
{
	if (v->codes)
		v->codes(&t->code, v->graph->code_bytes, b->codes, b->n, v->ahead, out);
	else
		distances_by_floats(v, t, b->ids, b->n, out);
}

/*
 * A component is off by up to half a step, evenly: by step / sqrt(12) in the mean.  A product with
 * a vector is then off by its length times that, on both sides, and a squared distance by twice the
 * distance times that.
 */
float
view_margin(const struct view *v, const struct view_target *t, uint32_t slot, float d)
{
	const struct code_tail *a = &t->code.tail;
	struct code_tail b;
	float length;

	if (!v->codes)
		return 0;
	if (v->graph->codes == VEC_CODES_SMALL)
		b = codes_small_tail(graph_code(v->graph, slot), v->graph->code_bytes);
	else
		b = codes_tail(graph_code(v->graph, slot), v->graph->code_bytes);
	if (v->metric != VEC_IP)
		return 3 * 2 * sqrtf(d * (a->step * a->step + b.step * b.step) / 6);
	length = v->dot(t->x, t->x, v->dim) * b.step * b.step;
	return 3 * sqrtf((length + v->dot(view_row(v, slot), view_row(v, slot), v->dim) * a->step *
	    a->step) / 6);
}

/* 1 / |row|: kept for nodes of a cosine graph, else computed. */
static float
inverse_of(const struct view *v, uint32_t slot)
{
	float squared;

	if (v->graph->metric == VEC_COSINE && graph_flags_get(v->graph, slot) & GRAPH_LINKED)
		return *graph_inverse(v->graph, slot);
	squared = v->dot(view_row(v, slot), view_row(v, slot), v->dim);
	if (squared > 1e-30f && squared < 1e30f)
		return 1 / sqrtf(squared);
	return distance_inverse_norm(view_row(v, slot), v->dim);
}

void
view_scan(const struct view *v, const float *q, const uint32_t *ids, size_t n, float *out)
{
	if (n > 0 && ids[n - 1] - ids[0] == n - 1)
		sums_in_order(v, q, ids[0], n, out);
	else
		sums(v, q, ids, n, out);
	for (size_t i = 0; i < n; i++) {
		if (v->metric == VEC_COSINE)
			out[i] = 1 - out[i] * inverse_of(v, ids[i]);
		else if (v->metric == VEC_IP)
			out[i] = -out[i];
		out[i] = sane(out[i]);
	}
}
