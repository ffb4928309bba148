/*
 * match_cache.c - a few bitmaps, copied in and out.
 *
 * A copy of a bitmap of a million slots is 125 KB, some ten microseconds; sharing them would take
 * counts of who looks at which.
 */

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "match_cache.h"

#define KEPT 8			/* filters, for each open collection */

struct kept {
	char *where;		/* NULL: the place is free */
	uint64_t metas;
	uint64_t *only;
	uint32_t nonly, seen;
	uint64_t used;
};

struct match_cache {
	uv_mutex_t lock;	/* guards all below */
	struct kept kept[KEPT];
	uint64_t clock;		/* counts uses */
};

struct match_cache *
match_cache_new(void)
{
	struct match_cache *mc = calloc(1, sizeof(*mc));

	if (mc != NULL && uv_mutex_init(&mc->lock) != 0) {
		free(mc);
		mc = NULL;
	}
	return mc;
}

void
match_cache_free(struct match_cache *mc)
{
	if (mc == NULL)
		return;
	for (size_t i = 0; i < KEPT; i++) {
		free(mc->kept[i].where);
		free(mc->kept[i].only);
	}
	uv_mutex_destroy(&mc->lock);
	free(mc);
}

static struct kept *
find_locked(struct match_cache *mc, const char *where)
{
	for (size_t i = 0; i < KEPT; i++)
		if (mc->kept[i].where != NULL && strcmp(mc->kept[i].where, where) == 0)
			return &mc->kept[i];
	return NULL;
}

static uint64_t *
copy_bits(const uint64_t *only, uint32_t nonly)
{
	size_t bytes = (size_t)nonly / 64 * sizeof(*only);
	uint64_t *copy = malloc(bytes);

	if (copy != NULL)
		memcpy(copy, only, bytes);
	return copy;
}

bool
match_cache_get(struct match_cache *mc, struct match *m)
{
	struct kept *k;
	bool got = false;

	uv_mutex_lock(&mc->lock);
	k = find_locked(mc, m->where);
	if (k != NULL && k->metas == m->metas && (m->only = copy_bits(k->only, k->nonly)) != NULL) {
		m->nonly = k->nonly;
		m->seen = k->seen;
		k->used = ++mc->clock;
		got = true;
	}
	uv_mutex_unlock(&mc->lock);
	return got;
}

/* Where to keep it: the filter's own place, else the one that was used least lately. */
static struct kept *
place_locked(struct match_cache *mc, const char *where)
{
	struct kept *k = find_locked(mc, where);

	if (k != NULL)
		return k;
	k = &mc->kept[0];
	for (size_t i = 1; i < KEPT; i++)
		if (mc->kept[i].used < k->used)
			k = &mc->kept[i];
	return k;
}

void
match_cache_put(struct match_cache *mc, const struct match *m)
{
	struct kept *k, fresh = { .metas = m->metas, .nonly = m->nonly, .seen = m->seen };

	fresh.where = strdup(m->where);
	fresh.only = copy_bits(m->only, m->nonly);
	if (fresh.where == NULL || fresh.only == NULL) {
		free(fresh.where);
		free(fresh.only);
		return;
	}
	uv_mutex_lock(&mc->lock);
	k = place_locked(mc, m->where);
	free(k->where);
	free(k->only);
	*k = fresh;
	k->used = ++mc->clock;
	uv_mutex_unlock(&mc->lock);
}
