/*
 * graph_search.c - walks through a graph.
 *
 * What gained, in queries a second at recall@10 0.95, one core of a Zen 5, 339,479 x 100 words
 * under cosine and 60,000 x 784 images under l2 (make bench; hnswlib in the same runs 4,200 and
 * 14,600):
 *
 *	floats, M 16					 7,390		21,240
 *	codes of a byte, for words M 32			14,920		36,770
 *	segments in pages of 2 MiB			18,050		51,580
 *	coding a query in vectors					54,500
 *	three stages, two lists ahead (graph_walk.h)	28,020		56,560 at 0.958
 *	codes of four bits for images					62,430 at 0.985
 *
 * Before that was done in vectors, coding a query took a quarter of a search among images, and the portable
 * sums of the results a tenth.
 *
 * What did not: fetching 8 KiB or 32 KiB of codes ahead instead of 16 (images: within 4 %, either way).
 * Fetching the lists of all that enter the pool before the next node (1.01 to 1.05 over the first stage,
 * nothing beside the others).
 *
 * One-bit codes of (neighbour - node) beside the links, measured 32 at a time from tables in registers, as a
 * filter before the codes (after RaBitQ and SymphonyQG; a trial for searching alone): rotated by random
 * signs and Hadamard, 128 of the components kept, two fp16 factors for each.  They save 80 % of the
 * distances among words (M 32) and 58 % among images, and their own memory must be fetched instead.  At
 * equal recall, against the walk of now, words .90 .95 .99: 1.05 1.07 1.02 with M 32 and 1,280 bytes more a
 * vector (401 are there now), 1.01 1.01 0.97 with M 16; images of whole bytes .96 .97 .99: 1.19 1.20 1.22
 * with 640 bytes more.  Small codes gain more among images, and take half of what is there.
 */

#include "graph_walk.h"

/* One greedy walk: move to the nearest neighbour until none is nearer. */
static void
walk(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t level,
    struct graph_place *at)
{
	struct view_batch *b = &s->batches[0];
	bool moved = true;

	while (moved) {
		graph_gather(v, s, at->slot, level, b);
		moved = false;
		view_distances(v, t, b->ids, b->n, s->distances);
		for (size_t i = 0; i < b->n; i++) {
			if (s->distances[i] < at->distance) {
				at->slot = b->ids[i];
				at->distance = s->distances[i];
				moved = true;
			}
		}
	}
}

void
graph_descend(const struct view *v, struct scratch *s, const struct view_target *t, uint32_t from,
    uint32_t to, struct graph_place *at)
{
	view_distances(v, t, &at->slot, 1, s->distances);
	at->distance = s->distances[0];
	for (uint32_t level = from; level > to; level--) {
		scratch_forget(s);
		walk(v, s, t, level, at);
	}
	scratch_forget(s);
}

/* What is kept is what may be expanded. */
static inline bool
next_kept(struct scratch *s, uint32_t *slot, uint32_t *after)
{
	if (!pool_expand(&s->pool, slot))
		return false;
	if (!pool_peek(&s->pool, after))
		*after = *slot;
	return true;
}

static inline void
keep(struct scratch *s, const struct filter *f, float distance, uint32_t slot)
{
	(void)f;
	pool_put(&s->pool, pool_key(&s->pool, distance, slot));
}

void
graph_search_level(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t level, const struct graph_place *at)
{
	(void)graph_walk(v, s, t, level, at, next_kept, keep, NULL, SIZE_MAX);
}
