/*
 * search.c - the steps of one search.
 *
 * A walk ranks by estimates from codes.  What it found is measured again from the floats with the
 * fast sums, nearest first, for as long as an estimate may be wrong by enough to matter
 * (view_margin). The tail is scanned with the same sums.  Results are reported with the portable
 * ones (distance.c), and a few more than k are carried to the end, so that two candidates which the
 * fast sums confuse at the edge of the k are told apart.
 */

#include <float.h>
#include <string.h>

#include "error.h"
#include "graph_copy.h"
#include "graph_search.h"
#include "search.h"

#define BATCH 16

/* A walk over small codes keeps so many more than ef: what they confuse at its edge. */
#define SMALL_SLACK 8

/*
 * Scanning m of n vectors costs m distances.  Searching the graph for ef of them costs about
 * ef * WALK * n / m, for it meets n / m vectors for each that is let through.  Measured were 6 to
 * 35 distances for each candidate kept, with ef 20 to 200 and 5,000 to 60,000 vectors of 16 to 768
 * components, clustered and random.
 */
#define WALK 20

int
search_check(const struct vec *v, const float *x, size_t dim, const struct vec_query *q,
    struct vec_error *err)
{
	int rc, metric = q->metric == -1 ? (int)v->graph->metric : q->metric;

	if (dim != v->store->dim)
		return error_set(err, VEC_EDIM, "query has %zu components, collection has %zu", dim,
		    v->store->dim);
	if (q->k == 0)
		return error_set(err, VEC_EVALUE, "k is 0");
	if (q->metric < -1 || q->metric >= VEC_NMETRICS)
		return error_set(err, VEC_EVALUE, "metric %d is none", q->metric);
	if ((rc = vec_validate(x, dim, err)) == 0)
		return 0;
	/* All zero is a place like any other, except that it has no direction. */
	for (size_t i = 0; i < dim; i++) {
		if (x[i] != 0)
			return rc;
	}
	return metric == VEC_COSINE ? rc : 0;
}

/*
 * The graph over what is left after deletions was chosen among more vectors than there are, and at
 * the same ef finds a little less than it should.  An index that walks over its deleted nodes makes
 * up for that without saying so, for they do not count.  Here they are gone, and ef is widened by
 * as much as they would have: with 30 % deleted of 20,000 x 64 random vectors (l2, ef 20) recall@10
 * is 0.65 with it, 0.56 without, and 0.60 in hnswlib (tests/recall/recall_hnswlib.c).
 */
static size_t
widen(size_t ef, uint32_t published, uint32_t live)
{
	uint64_t wide = live > 0 ? (uint64_t)ef * published / live : ef;

	return wide < 2 * ef ? wide : 2 * ef;
}

void
search_survey(struct search *s, struct vec *v, const struct vec_query *q)
{
	uint32_t dead;

	s->vec = v;
	s->query = *q;
	s->tail_start = atomic_load_explicit(&v->tail_start, memory_order_acquire);
	s->published = atomic_load_explicit(&v->store->published, memory_order_acquire);
	dead = atomic_load(&v->graph->dead);
	s->live = s->published > dead ? s->published - dead : 0;
	if (s->live > 0 && vec_is_live(v, q->except))
		s->live--;
	if (s->query.k > VEC_K_MAX)
		s->query.k = VEC_K_MAX;
	if (s->query.k > s->live)
		s->query.k = s->live;
	if (q->ef == 0)
		s->query.ef = VEC_EF_DEFAULT;
	s->query.ef = widen(s->query.ef, s->published, s->live);
	if (s->query.ef > VEC_EF_MAX)
		s->query.ef = VEC_EF_MAX;
	if (s->query.ef < s->query.k)
		s->query.ef = s->query.k;
	if (q->metric == -1)
		s->query.metric = (int)v->graph->metric;
}

int
search_begin(struct search *s, const float *x, struct vec_error *err)
{
	const struct vec_query *q = &s->query;
	size_t keep = q->ef + (q->except != VEC_SLOT_NONE), room;

	if (s->vec->graph->codes == VEC_CODES_SMALL)
		keep += SMALL_SLACK;
	room = q->k + SEARCH_SLACK > keep ? q->k + SEARCH_SLACK : keep;
	s->scan_from = 0;
	if (!(s->scratch = scratch_take(s->vec->graph, room)) || !scratch_found(s->scratch, room))
		return error_set(err, VEC_ENOMEM, "no memory to search");
	pool_init(&s->scratch->pool, s->scratch->keys, keep);
	view_init(&s->view, s->vec->graph, (enum vec_metric)q->metric);
	/* The file may have grown between the two. */
	if (s->view.capacity > s->scratch->nvisited)
		s->view.capacity = s->scratch->nvisited;
	view_query(&s->view, x, s->scratch->query);
	return 0;
}

void
search_end(struct search *s)
{
	scratch_put(s->vec->graph, s->scratch);
	s->scratch = NULL;
}

/* True when looking at every admitted vector is the better way, or the only one. */
static bool
should_scan(const struct search *s, const struct filter *f)
{
	uint64_t matches, cost;

	if (s->query.exact || s->query.metric != (int)s->vec->graph->metric ||
	    s->live <= (uint64_t)s->query.ef * WALK || s->tail_start == 0)
		return true;
	if (!s->query.only)
		return false;
	matches = filter_count(f, s->published);
	cost = (uint64_t)s->query.ef * WALK * s->published;
	return matches <= s->query.k || matches * matches <= cost;
}

/* Candidates of a walk that are measured together. */
struct batch {
	uint32_t ids[BATCH];
	float distances[BATCH];
	size_t n;
};

/*
 * Put them where they belong.  What lies past the trusted part of the graph is left out: the scan
 * of the tail finds it.  A filtered walk has met copies itself and asked the filter.
 */
static void
measure(struct search *s, const struct filter *f, struct batch *b, bool filtered)
{
	struct pool *found = &s->scratch->found;

	store_want(s->vec->store, b->ids, b->n);
	view_scan(&s->view, s->scratch->query, b->ids, b->n, b->distances);
	for (size_t i = 0; i < b->n; i++) {
		uint64_t key = pool_key(found, b->distances[i], b->ids[i]);

		if (b->ids[i] < s->tail_start && (filtered || filter_admits(f, b->ids[i])))
			pool_put(found, key);
		if (!filtered)
			graph_copy_find(found, key, f, s->tail_start, found);
	}
	b->n = 0;
}

/* Measure what a walk left in the pool, as far as it can matter. */
static void
harvest(struct search *s, const struct filter *f, bool filtered)
{
	struct pool *walked = &s->scratch->pool;
	struct batch b = { .n = 0 };
	float bound = FLT_MAX, d;
	size_t taken = 0;

	for (size_t i = 0; i < walked->n; i++) {
		uint32_t slot = pool_slot(walked, walked->keys[i]);

		d = pool_distance(walked->keys[i]);
		if (d > bound && taken >= s->query.k + SEARCH_SLACK)
			break;
		b.ids[b.n++] = slot;
		if (b.n == BATCH)
			measure(s, f, &b, filtered);
		taken += filtered || (slot < s->tail_start && filter_admits(f, slot));
		if (taken == s->query.k && bound == FLT_MAX)
			bound = d + view_margin(&s->view, &s->target, slot, d);
	}
	measure(s, f, &b, filtered);
}

/* What a filtered walk found becomes what is to be measured. */
static void
take_found(struct scratch *w)
{
	w->pool.n = w->found.n;
	memcpy(w->pool.keys, w->found.keys, w->found.n * sizeof(*w->found.keys));
	w->found.n = 0;
}

/*
 * Are most of those kept live?  A deleted node is walked over until it is unlinked, and keeps its
 * neighbours company in the pool.
 */
static bool
mostly_live(const struct search *s)
{
	const struct pool *p = &s->scratch->pool;
	size_t dead = 0;

	if (graph_unlinking(s->vec->graph) == 0)
		return true;
	for (size_t i = 0; i < p->n; i++)
		dead += graph_flags_get(s->vec->graph, pool_slot(p, p->keys[i])) & GRAPH_DEAD;
	return dead <= p->n / 2;
}

/* Search the graph.  False when it gave up or holds nothing. */
static bool
walk(struct search *s, const struct filter *f)
{
	struct scratch *w = s->scratch;
	struct graph_place at;
	uint32_t top;

	if (!graph_entry(s->vec->graph, &at.slot, &top) || at.slot >= s->view.capacity)
		return false;
	view_target_query(&s->view, w->query, w->query_code, w->target, &s->target);
	graph_descend(&s->view, w, &s->target, top, 0, &at);
	if (!filter_is_set(f)) {
		graph_search_level(&s->view, w, &s->target, 0, &at);
		if (mostly_live(s)) {
			harvest(s, f, false);
			return true;
		}
		scratch_forget(w);
	}
	if (!scratch_heap(w) ||
	    !graph_search_filtered(
	        &s->view, w, &s->target, &at, f, s->published / 2 + s->query.ef))
		return false;
	take_found(w);
	harvest(s, f, true);
	return true;
}

void
search_walk(struct search *s)
{
	const struct filter f = search_filter(s);

	if (should_scan(s, &f))
		return;
	if (walk(s, &f))
		s->scan_from = s->tail_start;
	else
		s->scratch->found.n = 0;
}

size_t
search_report(struct search *s, const float *x, struct vec_hit *hits)
{
	const struct pool *found = &s->scratch->found;
	struct pool *best = &s->scratch->pool;
	size_t n = found->n < s->query.k + SEARCH_SLACK ? found->n : s->query.k + SEARCH_SLACK;

	pool_init(best, s->scratch->keys, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = pool_slot(found, found->keys[i]);

		pool_put(best, pool_key(best, vec_distance((enum vec_metric)s->query.metric, x,
		                            view_row(&s->view, slot), s->view.dim), slot));
	}
	n = 0;
	for (size_t i = 0; i < best->n && n < s->query.k; i++) {
		/* A copy that became a node during the walk was met as both. */
		if (i > 0 && best->keys[i] == best->keys[i - 1])
			continue;
		hits[n].slot = pool_slot(best, best->keys[i]);
		hits[n++].distance = pool_distance(best->keys[i]);
	}
	return n;
}

