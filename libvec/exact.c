/*
 * exact.c - the scan: ground truth, the tail, and searches that a graph cannot serve.
 *
 * Slots are taken in order, so that the hardware streams the rows, and in batches, so that the sums
 * run four rows at a time.  Of a bitmap only the words with set bits cost anything.
 */

#include "exact.h"

#define BATCH 64

struct batch {
	uint32_t ids[BATCH];
	float distances[BATCH];
	size_t n;
};

static void
flush(const struct view *v, const float *q, struct batch *b, struct pool *pool)
{
	view_scan(v, q, b->ids, b->n, b->distances);
	for (size_t i = 0; i < b->n; i++)
		pool_put(pool, pool_key(pool, b->distances[i], b->ids[i]));
	b->n = 0;
}

/* The next slot from `slot` on that the bitmap has; `to` when there is none. */
static uint32_t
next_set(const struct vec_query *query, uint32_t slot, uint32_t to)
{
	uint64_t word;

	if (!query->only)
		return slot;
	if (query->nonly < to)
		to = query->nonly;
	while (slot < to) {
		word = query->only[slot / 64] >> slot % 64;
		if (word != 0)
			return slot + (uint32_t)__builtin_ctzll(word);
		slot = (slot / 64 + 1) * 64;
	}
	return UINT32_MAX;
}

void
exact_scan(const struct view *v, const float *q, const struct filter *f, uint32_t from, uint32_t to,
    struct pool *pool)
{
	struct batch b = { .n = 0 };

	for (uint32_t slot = next_set(f->query, from, to); slot < to;
	     slot = next_set(f->query, slot + 1, to)) {
		if (!filter_admits(f, slot))
			continue;
		b.ids[b.n++] = slot;
		if (b.n == BATCH)
			flush(v, q, &b, pool);
	}
	flush(v, q, &b, pool);
}
