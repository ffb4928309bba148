/*
 * scratch.h - what one search or insertion needs beside the graph, kept for the next one.
 *
 * A graph keeps up to GRAPH_SCRATCHES of them in slots that are taken and put by one atomic
 * exchange: in the steady state nothing is allocated and nobody waits.
 */

#ifndef LIBVEC_SCRATCH_H
#define LIBVEC_SCRATCH_H

#include "pool.h"
#include "view.h"

/* Candidates that algorithm 4 chooses from, and what it chose. */
struct selection {
	uint32_t ids[GRAPH_LIST_MAX + 1];
	float distances[VIEW_ROOM(GRAPH_LIST_MAX + 1)];
	uint32_t n;
};

struct scratch {
	unsigned char *visited;	/* a slot was seen in this search when its byte is `epoch` */
	uint32_t nvisited;	/* slots that `visited` covers */
	unsigned char epoch;

	struct pool pool;
	uint64_t *keys;		/* of the pool */
	size_t nkeys;
	struct pool found;	/* a filtered search: what it gives back */
	uint64_t *found_keys;
	size_t nfound_keys;
	uint64_t *heap;		/* a filtered search: what it may expand, room for nvisited */
	size_t nheap;

	float *query;		/* dim floats on a page of their own, before the next three */
	unsigned char *query_code;
	int8_t *target;		/* bytes to measure from: what the search is for ... */
	int8_t *other;		/* ... and a node on the way */
	size_t query_bytes;	/* of all four */
	struct view_batch batches[2];	/* gathered neighbours */
	float distances[VIEW_ROOM(GRAPH_LIST_MAX + 1)];

	struct selection chosen;	/* of an insertion */
	struct selection list;		/* a full list and the newcomer */
	struct selection dropped;
	uint64_t list_keys[GRAPH_LIST_MAX + 1];
};

/*
 * One for slots below the store's capacity of now, with a pool of `ef`.  NULL when there is no
 * memory.  The caller's until scratch_put, which takes NULL.
 */
struct scratch *scratch_take(struct graph *g, size_t ef);
void scratch_put(struct graph *g, struct scratch *s);
void scratch_free(struct scratch *s);

/* Make room for `n` in the pool or the other one; they are then empty.  False: no memory. */
bool scratch_pool(struct scratch *s, size_t n);
bool scratch_found(struct scratch *s, size_t n);

/* Have a heap.  False: no memory. */
bool scratch_heap(struct scratch *s);

/* Forget what was visited. */
void scratch_forget(struct scratch *s);

/* True the first time a slot below s->nvisited comes by. */
static inline bool
scratch_visit(struct scratch *s, uint32_t slot)
{
	bool first = s->visited[slot] != s->epoch;

	s->visited[slot] = s->epoch;
	return first;
}

#endif
