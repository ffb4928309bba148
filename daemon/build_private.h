/*
 * build_private.h - what the files of a build share.
 *
 * All of a build is its thread's, but for the moment in which the commit lane runs build_switch.
 */

#ifndef BUILD_PRIVATE_H
#define BUILD_PRIVATE_H

#include "build.h"

#define BUILD_PAGE 1024			/* items in a transaction */
#define BUILD_PAGE_BYTES (4 << 20)	/* of their texts */

struct builds {
	struct daemon *d;
	struct lane *compact, *reindex;
	atomic_bool stopping;
	atomic_bool left;	/* a build has ended because the database was away */
};

struct build_row {
	uint64_t id;
	uint32_t slot;		/* in the old generation */
	uint32_t crc;		/* of the vector there, then of the one here */
	char *text;		/* of a reindex; NULL: it has a vector only */
	size_t text_len;
	bool gone;		/* deleted or changed since it was read */
};

/* Items on their way to the new generation. */
struct build_page {
	struct build_row row[BUILD_PAGE];
	size_t n, bytes;
	bool more;		/* there may be further ones */
	uint32_t first;		/* the slot of the first row's vector there */
};

struct build {
	struct lane_job job;
	struct builds *bs;
	struct daemon *d;
	uint64_t number;
	struct build_wish wish;
	struct call *call;	/* to be answered at the end; NULL: nobody waits */

	struct space *space;	/* held, and claimed */
	struct meta_build info;
	struct space *next;	/* what takes its place; ours until the switch, then held */
	struct build_page *page;
	float *vectors;		/* of the page */
	/* Where items came from and are, both ascending. */
	struct build_pair { uint32_t from, to; } *pairs;
	size_t npairs, room;
	uint64_t looked;	/* old slots below it have been looked at */
	uint32_t end;		/* new slots below it have been given */
	bool in_moment;		/* the commit lane runs build_switch */
	bool unembedded;	/* there was a text then that a service has to embed first */
	bool switched;
	bool away;		/* it ended because the database was */

	enum wire_code code;	/* WIRE_OK, or why it ended, with the sentence */
	struct err err;
};

/* Claim the collection, build, let go of the claim; b->code says how it went. */
void build_run(struct build *b);

/* Should it stop here?  True with b->code set: the daemon ends, or the collection was dropped. */
bool build_is_over(struct build *b);

/* Fail with the metadata's or libvec's reason.  -1. */
int build_fail_meta(struct build *b, int rc);
int build_fail_vec(struct build *b, int rc, const char *message);

/*
 * build_open.c: find out what is to be built, note it in the metadata, and open its files.  0; 1 when
 * there is nothing to be done; or -1 with b->code set.
 */
int build_open(struct build *b);

/* Remove the rows of a generation that nobody needs.  0 or -1. */
int build_sweep(struct build *b, uint64_t generation);

/*
 * build_copy.c.  A page goes through build_read, build_append (its vectors are durable then),
 * build_stage inside a transaction and, after its commit, build_publish.  build_copy does all of it
 * for all pages there are: 0 with *n items copied, or -1.
 */
int build_read(struct build *b);
int build_append(struct build *b);
int build_stage(struct build *b, struct meta_txn *t);
void build_publish(struct build *b);
int build_copy(struct build *b, size_t *n);

/* Delete in the new generation what has lost its item in the old one.  0 or -1. */
int build_drain(struct build *b);

/*
 * build_switch.c: make the new generation the collection's, in a moment on the commit lane.  0; 1:
 * texts came that are to be copied before (b->unembedded); or -1.
 */
int build_switch(struct build *b);

#endif
