/*
 * indexer.h - the threads behind the scenes.
 *
 * They move tails into graphs, unlink what was deleted, write checkpoints when the graph has
 * changed and is at rest, and close collections that nobody uses or that are too many.  They run at low priority.
 */

#ifndef INDEXER_H
#define INDEXER_H

#include "daemon.h"

struct indexer;

/* Start the threads; NULL: no memory or no threads. */
struct indexer *indexer_new(struct daemon *d);

/* There may be something to do.  Any thread. */
void indexer_kick(struct indexer *ix);

/* Stop and join the threads; a checkpoint under way is finished.  NULL is fine. */
void indexer_free(struct indexer *ix);

#endif
