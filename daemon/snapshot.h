/*
 * snapshot.h - a copy of everything, made while everything goes on.
 *
 * One thread makes snapshots, one after the other.  It copies the metadata beside what is written to
 * them, and has the commit lane stand still for as long as it takes to copy the rest of them and to
 * open every collection's files.  From that moment on the files can be copied at leisure: vectors
 * below what the rows know are never written again, and a file that is removed or replaced is still
 * there for who has it open.
 */

#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "call.h"

#define SNAPSHOT_PATH_MAX 4000	/* bytes; names are put behind it */

struct snapshots;

/* Start the thread; NULL: no memory or no thread. */
struct snapshots *snapshots_new(struct daemon *d);

/* Finishes what waits.  NULL is fine. */
void snapshots_free(struct snapshots *sn);

/*
 * Make the snapshot `path`, an absolute path, and answer the call.  CALL_LATER, or CALL_DONE with the
 * call failed.
 */
int snapshot_push(struct call *c, const char *path);

#endif
