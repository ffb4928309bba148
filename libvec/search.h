/*
 * search.h - the steps of one search: the graph for what it holds, true distances at the end.  The
 * scan of the rest, which searches can share, is between them (vec_search.c).
 */

#ifndef LIBVEC_SEARCH_H
#define LIBVEC_SEARCH_H

#include "filter.h"
#include "scratch.h"
#include "vec_private.h"

/* So many more than k are carried to the end: see search.c. */
#define SEARCH_SLACK 4

struct search {
	struct vec *vec;
	struct vec_query query;		/* what was asked, with k and ef made sensible */
	uint32_t published;		/* slots that count */
	uint32_t live;			/* of those, not deleted */
	uint32_t tail_start;
	struct view view;
	struct scratch *scratch;
	struct view_target target;	/* once there is a walk */
	uint32_t scan_from;		/* slots from here on are to be scanned */
};

/* Can this be asked?  0, VEC_EDIM or VEC_EVALUE. */
int search_check(const struct vec *v, const float *x, size_t dim, const struct vec_query *q,
    struct vec_error *err);

/* What there is now: the tail first, so that what is linked meanwhile is scanned. */
void search_survey(struct search *s, struct vec *v, const struct vec_query *q);

/*
 * Begin to search for `x`, with a survey in *s; scan_from is then 0.  VEC_ENOMEM.  End with
 * search_end, which takes one that failed.
 */
int search_begin(struct search *s, const float *x, struct vec_error *err);
void search_end(struct search *s);

/*
 * Search the graph, when that is the better way, and put what it has into s->scratch->found; the
 * slots from s->scan_from on are left to be scanned.
 */
void search_walk(struct search *s);

/* The filter of a search, which must outlive it. */
static inline struct filter
search_filter(const struct search *s)
{
	return (struct filter){ .graph = s->vec->graph, .query = &s->query };
}

/* The portable distances of the best, and the k nearest by those; how many. */
size_t search_report(struct search *s, const float *x, struct vec_hit *hits);

#endif
