/*
 * graph.c - the memory of a graph.
 *
 * Everything about a slot lies in its segment; tables of segments are sized for the largest
 * collection and come from the system untouched, so that an empty graph costs a few pages.  Lists
 * on the upper levels, which one node in M has, are handed out in units of one list from chunks.
 */

#include <stdlib.h>

#include "error.h"
#include "io.h"
#include "scratch.h"

#define CODES_DIM_LEAST 17	/* below, the floats of a vector are no longer than its code */

static size_t
segment_bytes(const struct graph *g)
{
	return sizeof(struct graph_segment) +
	    GRAPH_SEGMENT * (2 * g->M * sizeof(graph_link) + g->code_bytes);
}

static size_t
chunk_bytes(const struct graph *g)
{
	return (size_t)GRAPH_UNITS * g->M * sizeof(graph_link);
}

static void
locks_init(struct graph *g)
{
	pthread_rwlockattr_t attr;

	/* Insertions follow each other without a gap: whoever needs to be alone goes first. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&g->change, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&g->entry_lock, NULL);
	pthread_mutex_init(&g->upper_lock, NULL);
	pthread_mutex_init(&g->segment_lock, NULL);
	for (int i = 0; i < GRAPH_STRIPES; i++)
		pthread_mutex_init(&g->stripes[i], NULL);
}

/*
 * Over few components fast codes are the faster ones by a twentieth (words of 100, as many links).  Over many
 * small ones are, at recall 0.99 by half (images of 784, clusters of 768 and 1,536), or by little (texts
 * of 512).
 */
enum vec_codes
vec_default_codes(const struct vec_options *o)
{
	return o->dim <= VEC_DIM_LOW ? VEC_CODES_FAST : VEC_CODES_SMALL;
}

/* The setting, where the vectors can have it. */
static enum vec_codes
codes_of(const struct vec_options *o)
{
	if (o->metric == VEC_L1 || o->dim < CODES_DIM_LEAST)
		return VEC_CODES_NONE;
	return o->codes == VEC_CODES_DEFAULT ? vec_default_codes(o) : o->codes;
}

uint32_t
vec_default_M(const struct vec_options *o)
{
	return o->dim <= VEC_DIM_LOW && codes_of(o) != VEC_CODES_SMALL ? VEC_M_LOW : VEC_M_DEFAULT;
}

int
graph_new(const struct store *store, const struct vec_options *o, struct graph **out,
    struct vec_error *err)
{
	struct graph *g = io.calloc(1, sizeof(*g));
	int rc = 0;

	*out = NULL;
	if (!g)
		return error_set(err, VEC_ENOMEM, "no memory for a graph");
	locks_init(g);
	g->store = store;
	g->kernels = metric_best();
	g->metric = o->metric;
	g->codes = codes_of(o);
	if (g->codes == VEC_CODES_FAST) {
		g->coder = codes_best()->fast;
		g->code_bytes = codes_stride(o->dim);
	} else if (g->codes == VEC_CODES_SMALL) {
		g->coder = codes_best()->small;
		g->code_bytes = codes_small_stride(o->dim);
	}
	g->M = o->M ? o->M : vec_default_M(o);
	g->ef_construction = o->ef_construction ? o->ef_construction : VEC_EF_CONSTRUCTION_DEFAULT;
	g->seed = o->seed;
	g->nunits = 1;
	g->unlink_from = VEC_SLOT_NONE;
	g->segments = io_pages(GRAPH_SEGMENTS * sizeof(*g->segments));
	g->chunks = io_pages(GRAPH_CHUNKS * sizeof(*g->chunks));
	if (!g->segments || !g->chunks) {
		rc = error_set(err, VEC_ENOMEM, "no address space for a graph");
		goto out;
	}
	*out = g;
	g = NULL;
out:
	graph_free(g);
	return rc;
}

void
graph_free(struct graph *g)
{
	if (!g)
		return;
	for (int i = 0; i < GRAPH_SCRATCHES; i++)
		scratch_free(g->scratches[i]);
	for (uint32_t i = 0; i < g->nsegments; i++)
		io_pages_free(g->segments[i], segment_bytes(g));
	for (uint32_t i = 0; g->chunks && i < GRAPH_CHUNKS && g->chunks[i]; i++)
		io_pages_free(g->chunks[i], chunk_bytes(g));
	io_pages_free(g->segments, GRAPH_SEGMENTS * sizeof(*g->segments));
	io_pages_free(g->chunks, GRAPH_CHUNKS * sizeof(*g->chunks));
	for (int i = 0; i < GRAPH_STRIPES; i++)
		pthread_mutex_destroy(&g->stripes[i]);
	pthread_mutex_destroy(&g->segment_lock);
	pthread_mutex_destroy(&g->upper_lock);
	pthread_mutex_destroy(&g->entry_lock);
	pthread_rwlock_destroy(&g->change);
	free(g);
}

int
graph_reserve(struct graph *g, uint32_t end, struct vec_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&g->segment_lock);
	while ((uint64_t)g->nsegments * GRAPH_SEGMENT < end) {
		struct graph_segment *s = io_pages(segment_bytes(g));

		if (!s) {
			rc = error_set(
			    err, VEC_ENOMEM, "no memory for %u more slots", GRAPH_SEGMENT);
			break;
		}
		atomic_store_explicit(&g->segments[g->nsegments], s, memory_order_release);
		g->nsegments++;
		/* A small collection stays small: only one that fills its first segment is worth
		 * it. */
		if (g->nsegments == 2)
			io_pages_huge(g->segments[0], segment_bytes(g));
		if (g->nsegments >= 2)
			io_pages_huge(s, segment_bytes(g));
	}
	pthread_mutex_unlock(&g->segment_lock);
	return rc;
}

/* splitmix64. */
uint64_t
graph_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Level l or higher has probability M^-l, as floor(-ln(U) / ln(M)) has, in integers alone. */
uint32_t
graph_level(const struct graph *g, uint32_t slot)
{
	uint64_t draw = graph_mix(graph_mix(g->seed) ^ slot), bound = UINT64_MAX / g->M;
	uint32_t level = 0;

	while (level < GRAPH_LEVEL_MAX && draw < bound) {
		level++;
		bound /= g->M;
	}
	return level;
}

/* `n` units that lie in one chunk, which is there.  0: no memory. */
static uint32_t
units_take(struct graph *g, uint32_t n)
{
	uint32_t unit = g->nunits, chunk = unit / GRAPH_UNITS;
	graph_link *memory;

	if (unit % GRAPH_UNITS + n > GRAPH_UNITS)
		unit = ++chunk * GRAPH_UNITS;
	if (chunk == GRAPH_CHUNKS)
		return 0;
	if (!g->chunks[chunk]) {
		if (!(memory = io_pages(chunk_bytes(g))))
			return 0;
		atomic_store_explicit(&g->chunks[chunk], memory, memory_order_release);
	}
	g->nunits = unit + n;
	return unit;
}

int
graph_upper_new(struct graph *g, uint32_t slot, uint32_t level, struct vec_error *err)
{
	_Atomic uint32_t *upper = &graph_segment_of(g, slot)->upper[slot % GRAPH_SEGMENT];
	uint32_t unit;

	/* An insertion that failed before may have left the lists it never used. */
	if (level == 0 || atomic_load_explicit(upper, memory_order_relaxed) != 0)
		return 0;
	pthread_mutex_lock(&g->upper_lock);
	unit = units_take(g, level);
	pthread_mutex_unlock(&g->upper_lock);
	if (unit == 0)
		return error_set(err, VEC_ENOMEM, "no memory for the upper links of a vector");
	atomic_store_explicit(upper, unit, memory_order_release);
	return 0;
}

/* Each dead slot is counted once, by whoever sees it both dead and published first. */
static void
count_dead(struct graph *g, uint32_t slot)
{
	if (!(atomic_fetch_or(graph_flags(g, slot), GRAPH_COUNTED) & GRAPH_COUNTED))
		atomic_fetch_add(&g->dead, 1);
}

void
graph_count_dead(struct graph *g, uint32_t from, uint32_t to)
{
	for (uint32_t slot = from; slot < to; slot++) {
		if (graph_flags_get(g, slot) & GRAPH_DEAD)
			count_dead(g, slot);
	}
}

bool
graph_kill(struct graph *g, uint32_t slot)
{
	unsigned before = atomic_fetch_or(graph_flags(g, slot), GRAPH_DEAD);

	if (before & GRAPH_DEAD)
		return false;
	if (slot < atomic_load(&g->store->published))
		count_dead(g, slot);
	if (before & GRAPH_COPY)
		atomic_fetch_sub(&g->copies, 1);
	if (before & GRAPH_LINKED)
		graph_unlink_later(g, slot);
	return true;
}

void
graph_wipe(struct graph *g, uint32_t end)
{
	const unsigned char kept = GRAPH_DEAD | GRAPH_COUNTED;

	for (uint32_t slot = 0; slot < end; slot++) {
		graph_link *list = graph_list(g, slot, 0);
		unsigned before = atomic_fetch_and(graph_flags(g, slot), kept);

		/* Whoever made it both counted it, or is about to. */
		if (before & GRAPH_LINKED && before & GRAPH_DEAD)
			atomic_fetch_sub(&g->unlinking, 1);
		for (uint32_t i = 0; i < 2 * g->M; i++)
			graph_link_set(list + i, 0);
		graph_segment_of(g, slot)->upper[slot % GRAPH_SEGMENT] = 0;
		graph_segment_of(g, slot)->copy[slot % GRAPH_SEGMENT] = 0;
	}
	for (uint32_t i = 0; i * GRAPH_UNITS < g->nunits; i++) {
		for (size_t j = 0; g->chunks[i] && j < (size_t)GRAPH_UNITS * g->M; j++)
			graph_link_set(g->chunks[i] + j, 0);
	}
	g->nunits = 1;
	g->nodes = g->copies = 0;
	g->unlink_from = VEC_SLOT_NONE;
}

void
graph_unlink_from(struct graph *g, uint32_t slot)
{
	uint32_t from = atomic_load(&g->unlink_from);

	while (slot < from && !atomic_compare_exchange_weak(&g->unlink_from, &from, slot))
		;
}

void
graph_unlink_later(struct graph *g, uint32_t slot)
{
	atomic_fetch_add(&g->unlinking, 1);
	graph_unlink_from(g, slot);
}

uint64_t
graph_bytes(struct graph *g)
{
	uint64_t per_slot = 1 + 2 * sizeof(uint32_t) + 2 * g->M * sizeof(graph_link), units;

	per_slot += g->code_bytes;
	if (g->metric == VEC_COSINE)
		per_slot += sizeof(float);
	pthread_mutex_lock(&g->upper_lock);
	units = g->nunits;
	pthread_mutex_unlock(&g->upper_lock);
	return per_slot * atomic_load(&g->store->published) + units * g->M * sizeof(graph_link);
}
