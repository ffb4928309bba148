/*
 * match.c - a bit for each slot.
 *
 * Slots are never given twice and only grow.  So a row that is written after a look at what is
 * published has a slot past that, and what a walk by id may have missed is found by a walk over the
 * slots from there on.
 */

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "match.h"
#include "match_cache.h"

int
call_filter(struct call *c, const json_t *args, struct filter **f)
{
	const char *where = args_string(args, "where");
	struct err err;
	int rc;

	*f = NULL;
	if (where == NULL)
		return 0;
	if ((rc = filter_parse(where, strlen(where), f, &err)) == 0)
		return 0;
	call_fail(c, rc == FILTER_BAD ? WIRE_BAD_REQUEST : WIRE_INTERNAL, "%s", err.text);
	return -1;
}

static uint32_t
published(const struct space *s)
{
	struct vec_stats st;

	vec_stats(s->vec, &st);
	return st.published;
}

/* Room for slots below `end` and some more.  0 or META_ENOMEM. */
static int
reserve(struct match *m, uint32_t end)
{
	size_t have = m->nonly / 64, want = (size_t)end / 64 + (size_t)end / 512 + 16;
	uint64_t *only;

	if ((only = reallocarray(m->only, want, sizeof(*only))) == NULL)
		return META_ENOMEM;
	memset(only + have, 0, (want - have) * sizeof(*only));
	m->only = only;
	m->nonly = (uint32_t)(want * 64);
	return 0;
}

static int
add_slot(void *arg, uint64_t id, uint32_t slot)
{
	struct match *m = arg;
	uint64_t bit = UINT64_C(1) << slot % 64;

	(void)id;
	if (slot >= m->nonly && reserve(m, slot) != 0)
		return META_ENOMEM;
	m->added += (m->only[slot / 64] & bit) == 0;
	m->only[slot / 64] |= bit;
	return 0;
}

static int
walk(struct match *m, enum meta_order order, uint64_t from, struct err *err)
{
	int rc = meta_items_match(m->d->meta, m->space->info.number, m->filter, order, from, add_slot,
	    m, err);

	return rc == META_ENOMEM ? err_set(err, rc, "no memory for the slots that pass") : rc;
}

int
match_more(struct match *m, struct err *err)
{
	uint32_t end = published(m->space);
	int rc;

	m->added = 0;
	if ((rc = walk(m, META_BY_SLOT, m->seen, err)) == 0)
		m->seen = end;
	return rc;
}

int
match_all(struct daemon *d, struct space *s, const char *where, const struct filter *f,
    struct match *m, struct err *err)
{
	*m = (struct match){ .d = d, .space = s, .where = where, .filter = f,
		.metas = atomic_load(&s->metas), .seen = published(s) };
	if (match_cache_get(s->matches, m))
		return 0;
	if (reserve(m, m->seen) != 0)
		return err_set(err, META_ENOMEM, "no memory for the slots that pass");
	return walk(m, META_BY_ID, 0, err);
}

void
match_keep(const struct match *m)
{
	match_cache_put(m->space->matches, m);
}

void
match_fini(struct match *m)
{
	free(m->only);
	m->only = NULL;
}
