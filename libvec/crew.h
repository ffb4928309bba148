/*
 * crew.h - work in pieces, done by one thread and whoever else comes along.
 *
 * libvec starts no thread.  Where a caller would wait for another to get something done, it does a part
 * of that instead.
 */

#ifndef LIBVEC_CREW_H
#define LIBVEC_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef void crew_piece(void *arg, uint32_t i);

struct crew {
	pthread_mutex_t lock;	/* guards all below, and what the caller says */
	pthread_cond_t changed;	/* pieces are there, or done; or what the caller says */
	crew_piece *piece;
	void *arg;
	uint32_t next, n;	/* pieces: the next to take, and all */
	uint32_t busy;		/* taken and not done */
};

void crew_init(struct crew *c);
void crew_fini(struct crew *c);

/* Have `piece` called for 0 to n - 1, by this thread and those in crew_help; all are done on return. */
void crew_run(struct crew *c, uint32_t n, crew_piece *piece, void *arg);

/* Do a piece, or wait until something changes.  [lock], which is let go meanwhile */
void crew_help_locked(struct crew *c);

#endif
