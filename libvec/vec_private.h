/*
 * vec_private.h - what stands behind a struct vec: a store, a graph over it, and the seam between
 * them, the tail.
 */

#ifndef LIBVEC_VEC_PRIVATE_H
#define LIBVEC_VEC_PRIVATE_H

#include "crew.h"
#include "graph.h"

struct vec {
	int dir;		/* changed by vec_replace; [graph->change] */
	uint64_t identity, generation;
	struct store *store;
	struct graph *graph;

	struct crew load;	/* whoever needs hnsw.index helps to read it */
	bool reading;		/* somebody is at it; [load.lock] */
	atomic_bool unread;	/* it waits to be read, or is; cleared under load.lock */
	uint32_t header_slots;	/* that hnsw.index covered when it was opened, by its header */

	pthread_mutex_t append;	/* guards that memory is there before slots are given */

	/*
	 * The tail.  Threads that index take slots in order and finish in any: a search may trust
	 * the graph for the live slots below tail_start, and scans the others.
	 */
	pthread_mutex_t take;	/* guards next, inflight and writing tail_start */
	uint32_t next;		/* slot to take next; [take] */
	uint32_t inflight;	/* taken and not finished; [take] */
	_Atomic uint32_t tail_start;

	_Atomic uint64_t saved;	/* graph->changes when hnsw.index was written or loaded */
	bool replaced;		/* another has its folder; [graph->change] */
	char note[sizeof(((struct vec_stats *)0)->index_note)];	/* [take] */
};

/* Read hnsw.index now if that was put off.  Any thread; those that come meanwhile help. */
void vec_read_index(struct vec *v);

/* Move tail_start over what is linked or dead.  [take] */
void vec_advance_locked(struct vec *v);

#endif
