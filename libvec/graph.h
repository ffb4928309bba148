/*
 * graph.h - a hierarchical navigable small world graph over the rows of a store.
 *
 * After Y. Malkov and D. Yashunin, "Efficient and robust approximate nearest neighbor search using
 * hierarchical navigable small world graphs", 2018: the comments name its algorithms.  Each level
 * is a graph of links between near nodes; a node is on the levels 0 to L, where L is drawn so that
 * each level has 1/M of the nodes below.  A search goes greedily down from the entry point, on the
 * highest level, and looks around on level 0.
 *
 * Links are reciprocal: when a links to b, b links to a.  The paper lets a full list forget a link
 * one way only.  Reciprocal, the nodes that link to a deleted one are found in its own lists, so
 * that a deletion costs the same in every collection and leaves nothing behind; and a graph of
 * undirected links falls apart far less easily.  Rejected: lists of incoming links, which cost
 * another third of the memory, and sweeping all lists for the deleted (FreshDiskANN), which makes
 * one deletion cost as much as the collection is long.  graph_link.c tells how lists stay short.
 *
 * Threads.  Readers take no lock and never wait.  That works since nothing they can hold moves or
 * is freed before graph_free: segments are added and never moved, a slot is never used for another
 * vector, an unlinked node keeps its lists for whoever stands on it.  Lists are rewritten in place,
 * one atomic number at a time; a reader may see an entry twice or miss one, no worse.  Writers hold
 * `change`: shared for an insertion, alone for deletion, check, save.  Beside each other,
 * insertions lock the list they change (`stripes`), one at a time, so there is no order among
 * these.  Lock order: change, entry_lock, a stripe; upper_lock is taken with nothing after it.
 */

#ifndef LIBVEC_GRAPH_H
#define LIBVEC_GRAPH_H

#include <pthread.h>
#include <stdatomic.h>

#include "codes.h"
#include "metric.h"
#include "store.h"

#define GRAPH_SEGMENT 16384u /* slots in a segment */
#define GRAPH_SEGMENTS ((FORMAT_SLOTS_MAX + 1) / GRAPH_SEGMENT)
#define GRAPH_STRIPES 128
#define GRAPH_LEVEL_MAX 15
#define GRAPH_LIST_MAX (2 * VEC_M_MAX)
#define GRAPH_UNITS 4096u /* upper lists in a chunk */
#define GRAPH_CHUNKS 65536u
#define GRAPH_SCRATCHES 64

/* What is known of a slot: bits of `flags`. */
#define GRAPH_DEAD 1u	 /* deleted */
#define GRAPH_TAKEN 2u	 /* some thread is inserting it */
#define GRAPH_LINKED 4u	 /* a node of the graph */
#define GRAPH_UNLINKED 8u /* was one, deleted since */
#define GRAPH_COUNTED 16u /* in `dead` */
#define GRAPH_COPY 32u	 /* equal to a node, and kept with it: see graph_copy.h */

/* A link is a slot + 1; 0 ends a list that is not full. */
typedef _Atomic uint32_t graph_link;

struct graph_segment {
	_Atomic unsigned char flags[GRAPH_SEGMENT];
	_Atomic uint32_t upper[GRAPH_SEGMENT];	/* unit of the list on level 1; 0: none */
	_Atomic uint32_t copy[GRAPH_SEGMENT];	/* slot + 1 of the next equal vector; 0: none */
	float inverse[GRAPH_SEGMENT];		/* 1 / |x|; cosine; set before the node is linked */
	_Alignas(64) graph_link links[];	/* GRAPH_SEGMENT lists of 2 * M; then codes */
};

struct scratch;

struct graph {
	const struct store *store;
	const struct metric_set *kernels;
	struct codes_kind coder;
	size_t code_bytes;		/* of a code; 0: the graph goes by the floats */
	enum vec_codes codes;
	enum vec_metric metric;
	uint32_t M, ef_construction;
	uint64_t seed;

	pthread_rwlock_t change;
	pthread_mutex_t entry_lock;	/* held while a node rises above the entry point */
	pthread_mutex_t upper_lock;	/* guards nunits and the making of chunks */
	pthread_mutex_t stripes[GRAPH_STRIPES];

	/* Level in the upper half, link (slot + 1) in the lower; 0: no node. */
	_Atomic uint64_t entry;
	_Atomic uint32_t nodes;		/* linked, deleted ones included */
	_Atomic int32_t unlinking;	/* of those, deleted; see graph_unlinking */
	_Atomic uint32_t unlink_from;	/* no deleted node is below this slot */
	_Atomic uint32_t copies;	/* copies, deleted ones left out */
	_Atomic uint32_t dead;		/* published slots that are deleted */
	_Atomic uint64_t changes;	/* insertions and deletions, ever */

	uint32_t nsegments;		/* [segment_lock] */
	pthread_mutex_t segment_lock;
	_Atomic(struct graph_segment *) *segments;
	uint32_t nunits;		/* handed out; unit 0 is none; [upper_lock] */
	_Atomic(graph_link *) *chunks;	/* each GRAPH_UNITS lists of M */

	_Atomic(struct scratch *) scratches[GRAPH_SCRATCHES];
};

int graph_new(const struct store *store, const struct vec_options *o, struct graph **out,
    struct vec_error *err);
void graph_free(struct graph *g);

/* Have memory for the slots below `end`.  0 or VEC_ENOMEM. */
int graph_reserve(struct graph *g, uint32_t end, struct vec_error *err);

/* The level of a slot, from the seed and the slot alone: the order of insertion does not matter. */
uint32_t graph_level(const struct graph *g, uint32_t slot);

/* A number in which every bit depends on every bit of `x`. */
uint64_t graph_mix(uint64_t x);

/* The most links a node may have on a level. */
static inline uint32_t
graph_list_max(const struct graph *g, uint32_t level)
{
	return level == 0 ? 2 * g->M : g->M;
}

static inline struct graph_segment *
graph_segment_of(const struct graph *g, uint32_t slot)
{
	return atomic_load_explicit(&g->segments[slot / GRAPH_SEGMENT], memory_order_acquire);
}

static inline _Atomic unsigned char *
graph_flags(const struct graph *g, uint32_t slot)
{
	return &graph_segment_of(g, slot)->flags[slot % GRAPH_SEGMENT];
}

/* The flags of a slot, with all that was done before they were set; 0 past the reserved. */
static inline unsigned
graph_flags_get(const struct graph *g, uint32_t slot)
{
	const struct graph_segment *s = graph_segment_of(g, slot);

	return s ? atomic_load_explicit(&s->flags[slot % GRAPH_SEGMENT], memory_order_acquire) : 0;
}

static inline float *
graph_inverse(const struct graph *g, uint32_t slot)
{
	return &graph_segment_of(g, slot)->inverse[slot % GRAPH_SEGMENT];
}

/* The code of a slot: there before the slot is a node. */
static inline unsigned char *
graph_code(const struct graph *g, uint32_t slot)
{
	unsigned char *s = (unsigned char *)graph_segment_of(g, slot);

	return s + sizeof(struct graph_segment) +
	    GRAPH_SEGMENT * (2 * sizeof(graph_link) * (size_t)g->M) +
	    slot % GRAPH_SEGMENT * g->code_bytes;
}

/* A node's list on a level it is on, of graph_list_max links. */
static inline graph_link *
graph_list(const struct graph *g, uint32_t slot, uint32_t level)
{
	struct graph_segment *s = graph_segment_of(g, slot);
	uint32_t unit;

	if (level == 0)
		return s->links + (size_t)(slot % GRAPH_SEGMENT) * 2 * g->M;
	unit = atomic_load_explicit(&s->upper[slot % GRAPH_SEGMENT], memory_order_acquire);
	unit += level - 1;
	return atomic_load_explicit(&g->chunks[unit / GRAPH_UNITS], memory_order_acquire) +
	    (size_t)(unit % GRAPH_UNITS) * g->M;
}

static inline uint32_t
graph_link_get(const graph_link *l)
{
	return atomic_load_explicit(l, memory_order_acquire);
}

static inline void
graph_link_set(graph_link *l, uint32_t x)
{
	atomic_store_explicit(l, x, memory_order_release);
}

/* Links in a list of at most `max`. */
static inline uint32_t
graph_count(const graph_link *list, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && graph_link_get(list + n) != 0)
		n++;
	return n;
}

/* Lists on levels 1 to `level` for a node.  0 or VEC_ENOMEM. */
int graph_upper_new(struct graph *g, uint32_t slot, uint32_t level, struct vec_error *err);

/* The entry point: false when the graph is empty. */
static inline bool
graph_entry(const struct graph *g, uint32_t *slot, uint32_t *level)
{
	uint64_t e = atomic_load_explicit(&g->entry, memory_order_acquire);

	*slot = (uint32_t)e - 1;
	*level = (uint32_t)(e >> 32);
	return e != 0;
}

static inline void
graph_entry_set(struct graph *g, uint32_t slot, uint32_t level)
{
	atomic_store_explicit(&g->entry, (uint64_t)level << 32 | (slot + 1), memory_order_release);
}

/*
 * Make `slot`, whose row is written and whose memory reserved, a node (algorithm 1), or when
 * `may_copy` a copy of the node that equals it.  Any number of threads with different slots.  0 or
 * VEC_ENOMEM.  [change, shared]
 */
int graph_insert(struct graph *g, uint32_t slot, bool may_copy, struct vec_error *err);

/* Give a slot, whose row is written, its norm and its code. */
void graph_encode(struct graph *g, uint32_t slot);

/* Make the graph empty again: nobody has met any of its nodes.  [change, alone] */
void graph_wipe(struct graph *g, uint32_t end);

/* Count a node that is both linked and dead, for graph_unlink_dead to find. */
void graph_unlink_later(struct graph *g, uint32_t slot);

/* Deleted nodes.  The count of one may lag behind its unlinking, hence the sign. */
static inline uint32_t
graph_unlinking(const struct graph *g)
{
	int32_t n = atomic_load(&g->unlinking);

	return n > 0 ? (uint32_t)n : 0;
}

/* Have graph_unlink_dead begin at `slot` or below. */
void graph_unlink_from(struct graph *g, uint32_t slot);

/*
 * Mark a slot deleted; its memory is reserved.  False when it was already.  Any thread.
 */
bool graph_kill(struct graph *g, uint32_t slot);

/* Slots from..to were published: count the dead among them. */
void graph_count_dead(struct graph *g, uint32_t from, uint32_t to);

/*
 * Unlink up to `budget` deleted nodes below `end` and reconnect their neighbours; *done of them.
 * 0 or VEC_ENOMEM.  [change, alone]
 */
int graph_unlink_dead(struct graph *g, uint32_t end, size_t budget, size_t *done,
    struct vec_error *err);

/* vec_check.  [change, alone] */
int graph_check(struct graph *g, uint32_t end, struct vec_check_report *r, struct vec_error *err);

/* Bytes of memory in use for the graph. */
uint64_t graph_bytes(struct graph *g);

#endif
