/*
 * match.h - the slots that a filter lets through, for a search.
 */

#ifndef MATCH_H
#define MATCH_H

#include <jansson.h>

#include "filter.h"
#include "space.h"

/*
 * The filter of the argument `where`; *f is NULL when there is none.  0, or -1 with the call failed.
 */
int call_filter(struct call *c, const json_t *args, struct filter **f);

struct match {
	struct daemon *d;
	struct space *space;
	const char *where;	/* the filter as it was given */
	const struct filter *filter;
	uint64_t metas;		/* the space's, before the first look */
	uint64_t *only;		/* bit s: the item in slot s passes */
	uint32_t nonly;		/* slots that `only` has room for, a multiple of 64 */
	uint32_t seen;		/* rows of slots below it have been looked at */
	size_t added;		/* bits set by the last match_more */
};

/*
 * Look at all items, or take what is kept of an earlier look.  Zeroed memory is an empty match;
 * `where` and `f` are borrowed for its life.  0, or a failure of the metadata.
 */
int match_all(struct daemon *d, struct space *s, const char *where, const struct filter *f,
    struct match *m, struct err *err);

/*
 * Look at those that came or got a new vector since; m->added tells how many of them pass.  A search
 * before which and after which this was called, the second time with none added, has missed no item
 * for its having moved meanwhile.
 */
int match_more(struct match *m, struct err *err);

/* Keep what was found for the next search with this filter. */
void match_keep(const struct match *m);

void match_fini(struct match *m);

#endif
