/*
 * match_cache.h - what filters let through, kept for the next search with the same filter.
 *
 * A page of results, a prompt that is typed into, a program that asks for the same language each
 * time: filters repeat, and looking at each item's meta costs a microsecond an item.  Items that
 * come, go, or get a new vector do not spoil what is kept, for match_more brings it up to date; a
 * meta that changes in place does, and then s->metas is another number.
 */

#ifndef MATCH_CACHE_H
#define MATCH_CACHE_H

#include "match.h"

/* NULL: no memory.  Any thread may use it; NULL may be freed. */
struct match_cache *match_cache_new(void);
void match_cache_free(struct match_cache *mc);

/* Fill m->only, nonly and seen with what is kept for m->where as of m->metas; false: nothing is. */
bool match_cache_get(struct match_cache *mc, struct match *m);

/* Keep a copy, in the place of what was used least lately.  Without memory nothing is kept. */
void match_cache_put(struct match_cache *mc, const struct match *m);

#endif
