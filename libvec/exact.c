/*
 * exact.c - the scan: ground truth, the tail, and searches that a graph cannot serve.
 *
 * What limits a scan is reading memory.  Slots are taken in order and in batches, and while a batch
 * of rows is in the cache every query that shares the pass is measured against it.  Of a bitmap
 * only the words with set bits cost anything.
 */

#include "exact.h"

#define BATCH 64

struct batch {
	uint32_t ids[BATCH];
	float distances[BATCH];
	size_t n;
};

static void
measure(const struct view *v, const struct exact_query *query, struct batch *b)
{
	struct pool *pool = query->pool;
	uint64_t bound;

	view_scan(v, query->q, b->ids, b->n, b->distances);
	bound = pool_bound(pool);
	for (size_t i = 0; i < b->n; i++) {
		uint64_t key = pool_key(pool, b->distances[i], b->ids[i]);

		if (key < bound) {
			pool_put(pool, key);
			bound = pool_bound(pool);
		}
	}
}

static void
flush(const struct view *v, const struct exact_query *queries, size_t n, struct batch *b)
{
	for (size_t i = 0; i < n && b->n > 0; i++)
		measure(v, &queries[i], b);
	b->n = 0;
}

/* The next slot from `slot` on that the bitmap has; `to` or more when there is none. */
static uint32_t
next_set(const struct vec_query *query, uint32_t slot, uint32_t to)
{
	uint64_t word;

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

/* With a bitmap or a function to ask. */
static void
scan_filtered(const struct view *v, const struct exact_query *queries, size_t n,
    const struct filter *f, uint32_t from, uint32_t to)
{
	const struct vec_query *query = f->query;
	struct batch b = { .n = 0 };

	for (uint32_t slot = from; slot < to; slot++) {
		if (query->only && (slot = next_set(query, slot, to)) >= to)
			break;
		if (!filter_admits(f, slot))
			continue;
		b.ids[b.n++] = slot;
		if (b.n == BATCH)
			flush(v, queries, n, &b);
	}
	flush(v, queries, n, &b);
}

/* The live slots of [from, to), which lies in one segment, without `except`. */
static void
take_live(const struct graph *g, uint32_t except, uint32_t from, uint32_t to, struct batch *b)
{
	const struct graph_segment *s = graph_segment_of(g, from);
	const _Atomic unsigned char *flags = s->flags + from % GRAPH_SEGMENT;

	for (uint32_t slot = from; slot < to; slot++, flags++) {
		/* No branch: the place is simply used again. */
		b->ids[b->n] = slot;
		b->n += slot != except &&
		    !(atomic_load_explicit(flags, memory_order_acquire) & GRAPH_DEAD);
	}
}

void
exact_scan(const struct view *v, const struct exact_query *queries, size_t n,
    const struct filter *f, uint32_t from, uint32_t to)
{
	struct batch b = { .n = 0 };
	struct store_pass pass = { 0 };
	uint32_t end;

	if (filter_is_set(f)) {
		scan_filtered(v, queries, n, f, from, to);
		return;
	}
	for (; from < to; from = end) {
		end = (from / BATCH + 1) * BATCH < to ? (from / BATCH + 1) * BATCH : to;
		store_ahead(f->graph->store, from, to, &pass);
		take_live(f->graph, f->query->except, from, end, &b);
		flush(v, queries, n, &b);
	}
}
