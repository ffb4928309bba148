/*
 * vec_search.c - one search, or many at once.
 *
 * Each walks over the graph for itself; what is left to scan, the tail, and everything where the
 * graph cannot serve, is read once for as many as EXACT_QUERIES of them.
 */

#include "exact.h"
#include "search.h"

/* Scan for those of `n` searches that begin at `from`. */
static void
scan(struct search *searches, size_t n, uint32_t from)
{
	struct exact_query queries[EXACT_QUERIES];
	const struct search *first = NULL;
	struct filter f;
	size_t shared = 0;

	for (size_t i = 0; i < n; i++) {
		struct search *s = &searches[i];

		if (s->scan_from != from)
			continue;
		if (!first)
			first = s;
		queries[shared++] =
		    (struct exact_query){ s->scratch->query, &s->scratch->found };
	}
	if (!first)
		return;
	f = search_filter(first);
	exact_scan(&first->view, queries, shared, &f, from, first->published);
}

/* Up to EXACT_QUERIES searches, alike but for what they look for. */
static int
search_some(struct vec *v, const float *x, size_t count, const struct vec_query *q,
    struct vec_hit *hits, size_t *n, struct vec_error *err)
{
	struct search searches[EXACT_QUERIES];
	size_t dim = v->store->dim, begun = 0, i;
	uint32_t tail_start;
	int rc = 0;

	search_survey(&searches[0], v, q);
	if (searches[0].query.k == 0)
		return 0;
	for (i = 1; i < count; i++)
		searches[i] = searches[0];
	for (; rc == 0 && begun < count; begun++)
		rc = search_begin(&searches[begun], x + begun * dim, err);
	if (rc != 0)
		goto out;
	for (i = 0; i < count; i++)
		search_walk(&searches[i]);
	tail_start = searches[0].tail_start;
	if (tail_start > 0) {
		scan(searches, count, tail_start);
		/* Where a filter let too few of the graph through, all is looked at after all. */
		for (i = 0; i < count; i++) {
			struct pool *found = &searches[i].scratch->found;

			if (searches[i].scan_from == tail_start && found->n < searches[i].query.k) {
				found->n = 0;
				searches[i].scan_from = 0;
			}
		}
	}
	scan(searches, count, 0);
	for (i = 0; i < count; i++)
		n[i] = search_report(&searches[i], x + i * dim, hits + i * q->k);
	rc = store_lost(v->store, err);
out:
	for (i = 0; i < begun; i++)
		search_end(&searches[i]);
	return rc;
}

int
vec_search_batch(struct vec *v, const float *x, size_t count, size_t dim, const struct vec_query *q,
    struct vec_hit *hits, size_t *n, struct vec_error *err)
{
	size_t some;
	int rc;

	for (size_t i = 0; i < count; i++) {
		n[i] = 0;
		if ((rc = search_check(v, x + i * dim, dim, q, err)) != 0)
			return rc;
	}
	for (size_t i = 0; i < count; i += some) {
		some = count - i < EXACT_QUERIES ? count - i : EXACT_QUERIES;
		if ((rc = search_some(
		         v, x + i * dim, some, q, hits + i * q->k, n + i, err)) != 0)
			return rc;
	}
	return 0;
}

int
vec_search(struct vec *v, const float *x, size_t dim, const struct vec_query *q,
    struct vec_hit *hits, size_t *n, struct vec_error *err)
{
	int rc;

	*n = 0;
	if ((rc = search_check(v, x, dim, q, err)) != 0)
		return rc;
	return search_some(v, x, 1, q, hits, n, err);
}
