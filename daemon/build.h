/*
 * build.h - the next generation of a collection, built while the present one serves.
 *
 * Compaction copies the vectors that are live, in order, to a new vectors.bin; reindex embeds the
 * stored texts anew.  Both go the same way (build_copy.c): page by page, vectors first and their rows
 * after them, past what comes and goes meanwhile, until little is missing; the graph grows over them;
 * and in a moment on the commit lane (build_switch.c) the rest is added and the generation switched.
 * Searches that began before go on in the old one until they end.  What a crash leaves is in
 * generation.h; a build that was interrupted goes on at the next start.
 *
 * A build that ends because the database has gone away goes on when it is back.  If that was in the
 * middle of the switch nobody opens the collection before the database tells which generation it has.
 *
 * One thread compacts and one reindexes, at low priority.  A collection has one build at a time.
 */

#ifndef BUILD_H
#define BUILD_H

#include "call.h"
#include "space.h"

enum build_kind { BUILD_NONE, BUILD_COMPACT, BUILD_REINDEX };

/* What somebody wants built. */
struct build_wish {
	enum build_kind kind;
	bool automatic;		/* nobody asked: not now is as good an answer */
	bool again;		/* go on with what was interrupted, and begin nothing */
	bool cancel;		/* give up what was interrupted or is under way */
	/* Of a reindex that is not `again`: what the collection shall have. */
	bool any;		/* or what is under way already shall have */
	char metric[16], provider[16], model[64], version[32];
	uint32_t dim;
};

struct builds;

/* Start the threads; NULL: no memory or no threads. */
struct builds *builds_new(struct daemon *d);

/*
 * Builds stop where they are, and go on at the next start; who waits is told.  None begins after that,
 * whoever asks; then free what is left.  NULL is fine.
 */
void builds_stop(struct builds *bs);
void builds_free(struct builds *bs);

/* Go on with what was interrupted.  Once, when everything else runs. */
void builds_resume(struct builds *bs);

/* The database has come back: go on with what ended because it was away.  Any thread; waits for nothing. */
void builds_back(struct builds *bs);

/*
 * Build, and answer the call when it is done (`wait`) or begun.  CALL_LATER, or CALL_DONE with the
 * call answered or failed.
 */
int builds_push(struct call *c, const struct meta_collection *info, const struct build_wish *wish,
    bool wait);

/* For the index threads: compact the collection if as much of it is dead as the settings say. */
void builds_consider(struct builds *bs, struct space *s);

/* The build under way as `stats` tells it; JSON's null when there is none.  NULL: no memory. */
json_t *build_json(struct space *s);

/* For the commit lane: no item is in these slots any more. */
void space_note_gone(struct space *s, const uint32_t *slots, size_t n);

#endif
