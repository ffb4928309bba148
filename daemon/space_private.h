/*
 * space_private.h - what space.c and space_room.c share.
 *
 * Functions named _locked are called with the lock held; those that say so let go of it meanwhile, and
 * whoever calls them looks up again what it knew.
 */

#ifndef SPACE_PRIVATE_H
#define SPACE_PRIVATE_H

#include "space.h"

#define SPACE_BUCKETS 1024

struct spaces {
	struct daemon *d;
	uv_mutex_t lock;	/* guards all below and the fields of spaces that say so */
	uv_cond_t changed;	/* a space became open, or went; or may be closed, and somebody waits */
	struct space *bucket[SPACE_BUCKETS];
	unsigned n;		/* in the table */
	unsigned nopen;		/* that have files: those, and replaced ones that are held still */
	unsigned waiting;	/* threads that wait for one of them to go */
	struct space *oldest, *newest; /* open ones by their last use */

	unsigned max, hard;	/* how many are to be open, and may be; constant */
};

/* Close a space that nobody holds.  Lets go of the lock meanwhile. */
void space_close_locked(struct spaces *ss, struct space *s);

/* --- space_room.c -------------------------------------------------------------------------------- */

/* Find out how many there is room for. */
void space_room_init(struct spaces *ss);

/* It is used now; from the first time on it is among those that may be closed when nobody holds them. */
void space_room_use_locked(struct spaces *ss, struct space *s);

/* It is not to be closed for room any more; also when it was not among those. */
void space_room_leave_locked(struct spaces *ss, struct space *s);

/* Nobody holds one any more: somebody may wait for that. */
void space_room_tell_locked(struct spaces *ss);

/*
 * See to it that one more can be opened.  0: it can; 1: the lock was let go, look again; or -1: there
 * is no room, and there was none for long.  *until is 0 at the first call, and then this function's.
 */
int space_room_make_locked(struct spaces *ss, uint64_t *until);

#endif
